import type { WorkPlace } from './elsewhere.ts';

/** One thing to build: commands run in a folder, what they read and what they leave. */
export interface Target {
  /** Unique: a name of `.bithub.yml`, a package's name, `make`, `cargo`, `go`. */
  readonly id: string;
  readonly from: 'declared' | 'npm' | 'make' | 'cargo' | 'go';
  /** Relative to the root with `/`; empty for the root. */
  readonly directory: string;
  /** Run one after another by the shell, until one fails. */
  readonly steps: readonly string[];
  /** As a person reads it. */
  readonly command: string;
  /** It reads nothing but what lies in its folder and files that lie in the root itself. */
  readonly close: boolean;
  /** Whether a path of the tree, relative to the root, is read by it. */
  readonly reads: (path: string) => boolean;
  /** Patterns relative to the root of what it leaves. */
  readonly outputs: readonly string[];
  /** Files it leaves elsewhere in its folder are found by looking before and after. */
  readonly observe: boolean;
  /** Folders, relative to the root, that belong to other targets or to tools. */
  readonly others: readonly string[];
  readonly depends: readonly string[];
  /** Names of variables it sees, beside those that every command needs; `NAME_*` for all that begin so. */
  readonly env: readonly string[];
  /** Variables set for it. */
  readonly set: Readonly<Record<string, string>>;
  /** Folders that stand first on its PATH. */
  readonly path: readonly string[];
  /** Programs whose version its result depends on. */
  readonly tools: readonly string[];
  readonly cached: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** What is there and is not built, and why. */
export interface LeftAlone {
  readonly path: string;
  readonly why: string;
}

export type TargetState = 'ran' | 'restored' | 'unchanged' | 'failed' | 'skipped';

export interface BuiltTarget {
  readonly id: string;
  readonly directory: string;
  readonly command: string;
  readonly state: TargetState;
  /** Why it ran, failed or was skipped. */
  readonly reason: string;
  readonly milliseconds: number;
  /** Number of files it left. */
  readonly outputs: number;
  /** Content key; what else is equal has the same result. */
  readonly key: string;
  readonly exitCode?: number;
  /** Why its result was not kept for the next time. */
  readonly uncached?: string;
  /** Id of the job of a mesh that ran it. */
  readonly job?: string;
  /** Last lines of a failed one's output. */
  readonly tail?: readonly string[];
}

export type BuildMode = 'full' | 'partial' | 'incremental';

export interface BuildResult {
  readonly mode: BuildMode;
  readonly ok: boolean;
  readonly targets: readonly BuiltTarget[];
  readonly left: readonly LeftAlone[];
  readonly milliseconds: number;
  /** Digests of the lists of files before and after, which `bit rollback build` goes back by; absent where nothing moved. */
  readonly files?: { readonly before: string; readonly after: string };
  /** Why it can't be rolled back. */
  readonly unkept?: string;
}

export interface BuildOptions {
  readonly mode: BuildMode;
  /** Only these and what they depend on. */
  readonly targets: readonly string[];
  /** For `partial`: what the tree is compared with. */
  readonly since: string | undefined;
  readonly jobs: number | undefined;
  /** Neither read nor written. */
  readonly noCache: boolean;
  /** Seconds a target. */
  readonly timeout: number | undefined;
  readonly keepGoing: boolean;
  /** Whose output is shown: also of what was unchanged, of what ran or came back, of what failed. */
  readonly logs: 'full' | 'new' | 'errors';
  /** Where what must be run runs; default here. */
  readonly on?: WorkPlace;
  /** Of what runs on a mesh; default none. */
  readonly network?: 'none' | 'host' | undefined;
}
