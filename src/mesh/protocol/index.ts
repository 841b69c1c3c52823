/**
 * What may be said in the mesh. Every message is one JSON object in one frame; its schema (`messages.ts`, published in
 * `docs/schema/mesh/`) is the one source of its type and of its validator (`validators.ts`, generated).
 *
 * {@link decode} is the only way in: what it returns as a message has been checked whole. {@link createComposer} and
 * {@link encode} are the way out.
 */
export {
  type Composed,
  type Composer,
  type ComposerOptions,
  createComposer,
  encode,
} from './compose.ts';
export { type Decoded, decode, type Wrong } from './decode.ts';
export { type AnswerTo, FLOW, type Flow, maySend, type RequestType, type Role } from './flow.ts';
export { MOST_ANSWER_BYTES, MOST_DEPTH, MOST_MESSAGE_BYTES, PROTOCOL_VERSIONS, RELEASED } from './limits.ts';
export { createTimestamps, parseTimestamp } from './timestamps.ts';
export type * from './types.ts';
export { SCHEMAS } from './validators.ts';
