/** What a runner tells its guard: one JSON object a line. Times are milliseconds since the machine was booted. */
export interface HeldLease {
  readonly job_id: string;
  readonly fence: number;
}

export type GuardWord =
  /** A lease begins: who shows `signature` may give it back. */
  | ({ readonly say: 'hold'; readonly until: number; readonly signature: string } & HeldLease)
  /** Its processes are those below `pid`, and those that carry `marker`. */
  | ({ readonly say: 'room'; readonly pid: number; readonly marker: string } & HeldLease)
  | ({ readonly say: 'until'; readonly until: number } & HeldLease)
  /** It ended, and its runner sees to the rest. */
  | ({ readonly say: 'drop' } & HeldLease)
  /** Where the controller is, and the SHA-256 of its certificate. */
  | { readonly say: 'controller'; readonly address: string; readonly endPoint: string | undefined };

/** What is posted to a controller. */
export interface Released {
  readonly runner_id: string;
  readonly leases: readonly (HeldLease & { readonly signature: string })[];
}
