/** What stood at one moment: who can do what here, and what was done since the report before. */
export interface AuditReport {
  readonly v: 1;
  /** RFC 3339. */
  readonly ts: string;
  readonly repository: string;
  /** When the report before this one was written; null for the first. */
  readonly since: string | null;
  /** SHA-256 of that report's file, so that reports form a chain. */
  readonly before: string | null;
  readonly ledger: {
    readonly ok: boolean;
    readonly entries: number;
    readonly chains: readonly { readonly chain: string; readonly entries: number; readonly head: string }[];
    readonly faults: readonly string[];
  };
  readonly policy: { readonly state: string; readonly digest: string | null };
  /** What stands open, who is believed and who may act: a line each, the same as long as it is. */
  readonly standing: readonly Standing[];
  readonly activity: Activity;
  readonly changes: { readonly came: readonly Standing[]; readonly went: readonly Standing[] };
}

export type Area = 'permission' | 'key' | 'signer' | 'token' | 'bot' | 'policy' | 'ledger';

export interface Standing {
  readonly area: Area;
  readonly level: 'error' | 'warning' | 'note';
  /** Control characters are never in it. */
  readonly text: string;
}

/** Of the ledger here, since the report before. */
export interface Activity {
  readonly operations: number;
  readonly failed: number;
  readonly denied: number;
  /** Outcomes that were ok, by actor and event. */
  readonly by: readonly { readonly actor: string; readonly event: string; readonly count: number }[];
  /** Denials, newest first. */
  readonly denials: readonly {
    readonly ts: string;
    readonly actor: string;
    readonly action: string;
    readonly why: string;
    readonly entry: string;
  }[];
}

export const AUDIT_TYPE = 'application/vnd.bithub.audit.v1+json';
