/**
 * Mesh, controller mode: a controller, runners that bid for jobs, jobs that are never lost.
 *
 * `protocol/` says what may be said (schemas, validators, types), `transport/` carries it, `identity/` proves who
 * speaks, `lifecycle/` decides without any I/O, `store/` keeps jobs durably, `controller/` and `runner/` put them
 * together, `discovery/` finds controllers.
 */
export type { JobEnd, JobOffer, JobSpecification, Message, MessageType } from './protocol/types.ts';
