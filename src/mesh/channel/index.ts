/**
 * Connections between ends that have proved who they are: the controller's {@link Gate}, the runner's and the client's
 * {@link Link}. Whatever arrives has been held to the protocol, the session and the rate before anyone else sees it; what
 * is wrong is answered by an ERROR that names the field, and everything else on the connection goes on.
 */
export { systemClock } from './clock.ts';
export { createGate } from './gate.ts';
export { openLink } from './link.ts';
export { SKEW } from './live.ts';
export { pinnedController } from './pinned.ts';
export { fromWrong, Refusal, refusal } from './refusal.ts';
export type * from './types.ts';
