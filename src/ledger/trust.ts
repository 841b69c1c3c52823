import type { EntryFields } from './index.ts';

/** Whose entries are believed. Plain data, so that it can be handed to other threads. */
export interface TrustRules {
  /** Keys believed whatever the time: one's own. */
  readonly own: readonly string[];
  /** Accepted signers; both ends inclusive, in the entries' own form of a time. */
  readonly signers: readonly SignerRule[];
}

export interface SignerRule {
  readonly publicKey: string;
  readonly validAfter: string | undefined;
  readonly validBefore: string | undefined;
}

/** The rules as a question asked of every entry. */
export type Believed = (fields: Pick<EntryFields, 'actor' | 'ts'>) => boolean;

export function believes({ own, signers }: TrustRules): Believed {
  const always = new Set(own);
  const windows = new Map<string, SignerRule[]>();
  for (const rule of signers) windows.set(rule.publicKey, [...(windows.get(rule.publicKey) ?? []), rule]);
  return ({ actor, ts }) =>
    always.has(actor) ||
    windows
      .get(actor)
      ?.some(
        ({ validAfter, validBefore }) =>
          (validAfter === undefined || ts >= validAfter) && (validBefore === undefined || ts <= validBefore),
      ) === true;
}
