/** What one job is, from its assignment to its outcome; what it may use of the runner; how it can end early. */
import type { Room } from '../../workflow/index.ts';
import type { EndState, JobOffer, MeshArtifact } from '../protocol/types.ts';
import type { RunnerManifest } from '../settings/index.ts';
import type { Mirrors } from './checkout.ts';
import type { Preflight } from './gate.ts';
import type { JobLog } from './job-log.ts';

export interface JobAssignment {
  readonly job: JobOffer;
  readonly fence: number;
  readonly attempt: number;
  /** Reads the repository, nothing else. */
  readonly token: string | undefined;
}

/** Why a job is ended before it ends by itself; the reason of its abort signal. */
export interface EndReason {
  /** `lease`: another runner may have it now, so nothing of it is told any more. */
  readonly kind: 'cancelled' | 'timeout' | 'lease' | 'stopped' | 'disk';
  readonly message: string;
}

export interface Outcome {
  readonly status: EndState;
  /** Missing where the job itself did not come to its end: another runner may be tried. */
  readonly exitCode: number | undefined;
  readonly error: string | undefined;
  readonly metrics: Readonly<Record<string, number>>;
  readonly artifacts: readonly MeshArtifact[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly seconds: number;
}

export type Execution =
  | { readonly kind: 'ended'; readonly outcome: Outcome }
  | { readonly kind: 'declined'; readonly reasons: readonly string[] }
  /** Its lease is over. */
  | { readonly kind: 'abandoned' };

/** Artifacts by URI: brought into a work tree before a job, kept by digest after it. */
export interface ArtifactExchange {
  /** @throws BitError `not-found`, `integrity`, `remote` */
  bring(uri: string, path: string, job: ArtifactContext): Promise<void>;
  /** A file or a folder. @throws BitError, as {@link ArtifactExchange.bring} */
  keep(uri: string, path: string, job: ArtifactContext): Promise<MeshArtifact>;
}

export interface ArtifactContext {
  readonly jobId: string;
  readonly fence: number;
  readonly signal: AbortSignal;
}

export interface JobPlace {
  /** Everything of the job. */
  readonly folder: string;
  /** The checkout; the job writes it. */
  readonly work: string;
  /** The job's HOME; it writes that too. */
  readonly home: string;
}

/** What a runner has for its jobs. */
export interface Facilities {
  readonly manifest: RunnerManifest;
  readonly mirrors: Mirrors;
  readonly artifacts: ArtifactExchange;
  /** Values of the secrets that a task names and the manifest lets it have. */
  readonly secrets: (names: readonly string[]) => Promise<Readonly<Record<string, string>>>;
  /** Folders with the programs this runner itself is made of. */
  readonly programs: readonly string[];
  /** PATH inside. */
  readonly path: string;
  readonly preflight: (preflight: Omit<Preflight, 'ledgerHolds'>) => Promise<readonly string[]>;
}

export interface JobControl {
  readonly place: JobPlace;
  /** Its reason is an {@link EndReason}. */
  readonly signal: AbortSignal;
  readonly log: JobLog;
  readonly onState: (state: 'PreparingExecution' | 'Running' | 'ProducingOutputs') => void;
  /** Once there is a place for it, and nothing runs there yet. */
  readonly onRoom: (room: Pick<Room, 'heldBy' | 'found'>) => void;
}
