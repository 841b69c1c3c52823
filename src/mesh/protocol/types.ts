/** TypeScript types of the messages, from the schemas themselves. */
import type { Static } from 'typebox';
import type { endState, fineState, ledgerPosition, persona, standardState } from './fields.ts';
import type { artifact, jobEnd, jobOffer, jobSpecification, task } from './job.ts';
import type { MESSAGES } from './messages.ts';

export type MessageType = keyof typeof MESSAGES;
export type MessageOf<T extends MessageType> = Static<(typeof MESSAGES)[T]>;
export type Message = { [T in MessageType]: MessageOf<T> }[MessageType];
/** Those with an envelope. */
export type EnvelopedType = Exclude<MessageType, 'HELLO' | 'HELLO_ACK' | 'HEARTBEAT'>;
export type PayloadOf<T extends EnvelopedType> = MessageOf<T>['payload'];

export type Persona = Static<typeof persona>;
export type FineState = Static<typeof fineState>;
export type StandardState = Static<typeof standardState>;
export type EndState = Static<typeof endState>;
export type LedgerPosition = Static<typeof ledgerPosition>;
export type JobSpecification = Static<typeof jobSpecification>;
export type JobOffer = Static<typeof jobOffer>;
export type JobTask = Static<typeof task>;
export type JobEnd = Static<typeof jobEnd>;
export type MeshArtifact = Static<typeof artifact>;
export type ErrorCode = PayloadOf<'ERROR'>['code'];
