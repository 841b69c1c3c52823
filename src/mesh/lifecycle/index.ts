/**
 * The life of jobs on a mesh: one state machine without any I/O. `step(mesh, input, at)` changes `mesh` in place and
 * returns what is to be done; the same inputs at the same times give the same outputs.
 *
 * How a controller drives it: every message, end of a connection and passing of time is an `Input`. `persist` outputs
 * go to the store, in order; what the store says comes back as `stored`, in order. `send` outputs leave at once: all
 * that must not be said before it is durable (an assignment, an acceptance, a committed result, a cancellation) is
 * withheld inside until `stored` says that it is. A job with a write under way takes no other input; it waits inside.
 *
 * Who owns a job. Nobody, while it is queued: every controller of the mesh knows every queued job and may lease it; the
 * store takes one write after a given revision, so one of them wins. `fence` lies in that same record, so it grows
 * with each lease whichever controller gave it. A lease belongs to the controller in its record: that one answers
 * renewals from memory. A runner that turns up elsewhere, or after a restart, with a lease in HELLO or LEASE_RENEW has
 * it adopted there by a write before it is answered.
 *
 * Clocks. No two are compared. A runner counts its lease from when it SENT what was answered (the renewal; for an
 * assignment, its bid) on its own monotonic clock; the controller counts from when it answered, and waits `margin_ms`
 * longer, which covers the drift of both. A runner has ended its job, not merely begun to, when its lease runs out.
 * Times of leases are in no record: a controller that finds a lease of a controller that is gone waits a whole lease
 * and margin from when it found it. With more controllers than one it adds `claim_ms`: as long as another may go on
 * answering renewals from memory before it sees that its lease was adopted or its claim lapsed.
 *
 * What a runner has to keep to: (1) it renews and reports only on its latest session; after HELLO it heeds nothing from
 * an earlier one; (2) `jobs` in HELLO names every lease it works under or has a result of that is not committed: what is
 * missing is given to another at once; such leases are renewed like others, and right after HELLO; (3) an assignment
 * answers (`re`) a bid of its session; one that answers none it remembers is declined with its fence, and one with a fence not greater
 * than one it has seen of that job is nothing new; where half of the lease is gone since the bid, it renews before it
 * begins; (4) a job whose lease is lost or runs out is ended before anything else; (5) `exit_code` in a failed result
 * means the job itself failed: that is final. Without one the runner could not run it, and another is tried.
 *
 * A result counts once: from the runner, key and fence that hold the lease, in the write that ends the job. The same
 * `idempotency_key` again is answered as a duplicate of what was committed; everything else never counts and is told so.
 */

export { jobIdOf } from './client.ts';
export type { Held, Input, Peer, RunnerFacts } from './input.ts';
export { type Mesh, type Moment, openMesh } from './mesh.ts';
export {
  checkOptions,
  DEFAULT_OPTIONS,
  type MeshOptions,
  type ProfileNeeds,
  type ProfileOptions,
} from './options.ts';
export type { Output, Said, Scale } from './output.ts';
export type {
  Attempt,
  Ending,
  JobRecord,
  JobStanding,
  Kept,
  Lease,
  LedgerEvent,
  MeshRecord,
  Outcome,
  RunnerRecord,
  Write,
} from './record.ts';
export { standardOf } from './states.ts';
export { step, wakeAt } from './step.ts';
export {
  countsOf,
  holds,
  jobStanding,
  type MeshCounts,
  type RunnerStanding,
  recordOf,
  runnerStandings,
} from './view.ts';
