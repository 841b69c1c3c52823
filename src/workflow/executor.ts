import type { Limits, Placement, Sandbox } from './model.ts';

/** Where processes of jobs run. One port; `local` is here, others come with what they need. */
export interface Executor {
  readonly placement: Placement;
  /** @throws BitError `missing-tool` naming what this machine lacks */
  open(request: RoomRequest): Promise<Room>;
}

export interface RoomRequest {
  /** Names the job instance for people. */
  readonly title: string;
  readonly workspace: string;
  /** Of every process here; a process's own comes over it. */
  readonly env: Readonly<Record<string, string>>;
  readonly sandbox: Sandbox | undefined;
  readonly limits: Limits;
  /** Absolute folders beside the workspace that processes here may write. */
  readonly writable: readonly string[];
  /** Absolute folders a sandbox hides. */
  readonly hidden: readonly string[];
  readonly grace: Grace;
}

/** Milliseconds a process that is to end is given after SIGINT, and after SIGTERM; then it is killed. */
export interface Grace {
  readonly interrupt: number;
  readonly terminate: number;
}

/** The place of one job instance: what it starts ends with it, also what went into the background or its own session. */
export interface Room {
  /**
   * What holds each limit that was asked for: `cgroup v1`, `cgroup v2`, `prlimit` (of each process), `nothing`; and of
   * a confined place what keeps it from the kernel: `seccomp`, `nothing`.
   */
  readonly heldBy?: Readonly<Record<string, string>>;
  /** By what its processes are found: all descend from one, or carry the marker as BIT_ROOM in their environment. */
  readonly found?: { readonly pid: number; readonly marker: string };
  /** Runs a process to its end, or ends it with all it started when the signal aborts. One at a time. */
  run(process: RoomProcess): Promise<RoomExit>;
  /** Ends whatever still runs here. */
  close(): Promise<void>;
}

export interface RoomProcess {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Over the room's. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Buffer) => void;
}

export interface RoomExit {
  /** 128 and the signal's number where a signal ended it; undefined where its end was not seen. */
  readonly status: number | undefined;
  /** Why its end was not seen. */
  readonly lost?: string;
}
