import type { Signer } from '../../keys/index.ts';
import type { Clock, Link, LinkOptions } from '../channel/index.ts';
import type { JobOffer, LedgerPosition, PayloadOf } from '../protocol/types.ts';
import type { RunnerManifest } from '../settings/index.ts';
import type { Capabilities, Resources } from './capabilities.ts';
import type { Estimates } from './estimate.ts';
import type { Execution, Facilities } from './execution.ts';
import type { Gate } from './gate.ts';
import type { Guard } from './guard/index.ts';
import type { RunnerPlace } from './place.ts';
import type { RunnerStatus } from './status.ts';

/** How a runner's own ledger hears of its jobs. */
export interface JobRecorder {
  claimed(job: JobOffer, fence: number, controller: LedgerPosition | undefined): Promise<void>;
  /** An intent before the work, its outcome after it. */
  executed(job: JobOffer, fence: number, work: () => Promise<Execution>): Promise<Execution>;
  /** Returns where it stands. */
  result(
    job: JobOffer,
    fence: number,
    outcome: Execution & { readonly kind: 'ended' },
  ): Promise<LedgerPosition | undefined>;
  ledgerHolds(): boolean;
}

export interface RunnerOptions {
  readonly manifest: RunnerManifest;
  readonly capabilities: Capabilities;
  readonly gpus: number;
  /** What it has for all of its jobs together. */
  readonly resources: Resources;
  /** Root of the repository it serves. */
  readonly own: string | undefined;
  /** Why no job can be done at all. */
  readonly unable: string | undefined;
  readonly signer: Signer;
  /** The policies in force now. */
  readonly gate: () => Gate;
  readonly facilities: Omit<Facilities, 'preflight'>;
  readonly estimates: Estimates;
  readonly place: RunnerPlace;
  readonly recorder: JobRecorder;
  /** Looks after its jobs where this process can't any more. */
  readonly guard?: Guard;
  readonly clock: Clock;
  readonly open: (
    options: Pick<LinkOptions, 'hello' | 'take' | 'up' | 'down' | 'fault' | 'signer' | 'clock'>,
  ) => Link;
  readonly notice: (line: string) => void;
  readonly changed: (status: RunnerStatus) => void;
  /** A job of this runner has ended, and its result counts. */
  readonly committed: (link: Link, job: JobOffer, result: PayloadOf<'JOB_RESULT'>) => Promise<void>;
  readonly joined?: () => void;
  /** The controller does not let it in, for good. */
  readonly refused?: (why: Error) => void;
}
