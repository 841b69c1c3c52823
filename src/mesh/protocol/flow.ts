/** Who may send which message, and what it is answered by. ERROR answers anything. */
import type { EnvelopedType, MessageOf, MessageType } from './types.ts';

export type Role = 'controller' | 'runner' | 'client';

export interface Flow {
  readonly from: readonly Role[];
  readonly answer?: MessageType;
}

const controller = ['controller'] as const;
const runner = ['runner'] as const;
const client = ['client'] as const;
const peers = ['runner', 'client'] as const;
const all = ['controller', 'runner', 'client'] as const;

export const FLOW = {
  CHALLENGE: { from: controller, answer: 'HELLO' },
  HELLO: { from: peers, answer: 'HELLO_ACK' },
  HELLO_ACK: { from: controller },
  HEARTBEAT: { from: runner },
  JOB_OFFER: { from: controller, answer: 'JOB_BID' },
  JOB_BID: { from: runner },
  JOB_CLAIM: { from: runner },
  JOB_DECLINE: { from: runner },
  JOB_ASSIGN: { from: controller },
  JOB_STATE: { from: ['controller', 'runner'] },
  JOB_LOG: { from: ['controller', 'runner'], answer: 'JOB_LOG_ACK' },
  JOB_LOG_ACK: { from: ['controller', 'client'] },
  LEASE_RENEW: { from: runner, answer: 'LEASE_RENEWED' },
  LEASE_RENEWED: { from: controller },
  JOB_CANCEL: { from: ['controller', 'client'], answer: 'ACK' },
  JOB_RESULT: { from: runner, answer: 'JOB_COMMITTED' },
  JOB_COMMITTED: { from: controller },
  ARTIFACT_PUT: { from: peers, answer: 'ARTIFACT_READY' },
  ARTIFACT_GET: { from: peers, answer: 'ARTIFACT_READY' },
  ARTIFACT_READY: { from: controller },
  POLICY_QUERY: { from: all, answer: 'POLICY_ANSWER' },
  POLICY_ANSWER: { from: ['controller', 'runner'] },
  EVENT_EMIT: { from: all },
  JOB_SUBMIT: { from: client, answer: 'JOB_ACCEPTED' },
  JOB_ACCEPTED: { from: controller },
  JOB_QUERY: { from: client, answer: 'JOB_LIST' },
  JOB_LIST: { from: controller },
  JOB_WATCH: { from: client, answer: 'JOB_STATE' },
  JOB_RETRY: { from: client, answer: 'ACK' },
  MESH_QUERY: { from: client, answer: 'MESH_STATUS' },
  MESH_STATUS: { from: controller },
  MESH_DRAIN: { from: ['controller', 'client'], answer: 'ACK' },
  ACK: { from: all },
  ERROR: { from: all },
} as const satisfies { readonly [T in MessageType]: Flow };

type Answers = { [T in MessageType]: (typeof FLOW)[T] extends { readonly answer: infer A } ? A : never };
/** Types that are answered. */
export type RequestType = { [T in EnvelopedType]: Answers[T] extends never ? never : T }[EnvelopedType];
/** What a request is answered by, if not by ERROR. */
export type AnswerTo<T extends RequestType> = MessageOf<Extract<Answers[T], MessageType>>;

/** Whether a message of that type may come from who has that role. */
export function maySend(role: Role, type: MessageType): boolean {
  return (FLOW[type] as Flow).from.includes(role);
}
