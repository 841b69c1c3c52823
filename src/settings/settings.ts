import type { JsonObject } from '../kernel/json.ts';

export interface Settings {
  readonly ledger: {
    readonly share: 'off' | 'headers' | 'all';
    /** Absolute path of the JSON-lines mirror, or null. */
    readonly mirror: string | null;
    readonly keepDays: number;
    /** Places outside that checkpoints are sent to, by name; what each must say its driver knows. */
    readonly anchors: JsonObject;
  };
  /** The `policy` section of `.bithub.yml` as it stands in the tree; policies see the one that was accepted with them. */
  readonly policy: JsonObject;
}

export const MANIFEST = '.bit/runner.manifest.yml';
export const DEFAULT_KEEP_DAYS = 30;

/** Of a repository that says nothing. */
export function defaults(): Settings {
  return { ledger: { share: 'off', mirror: null, keepDays: DEFAULT_KEEP_DAYS, anchors: {} }, policy: {} };
}
