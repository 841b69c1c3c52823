import type { TrustedSigner } from './index.ts';

/** Whether one of the signers is this key, allowed in the namespace at that time (both ends inclusive, as ssh has it). */
export function isTrusted(
  signers: readonly TrustedSigner[],
  publicKey: string,
  at: Date,
  namespace = 'bithub-ledger',
): boolean {
  const time = at.toISOString();
  return signers.some(
    (signer) =>
      signer.publicKey === publicKey &&
      covers(signer.namespaces, namespace) &&
      (signer.validAfter === undefined || time >= signer.validAfter) &&
      (signer.validBefore === undefined || time <= signer.validBefore),
  );
}

/** Whether a signer is allowed to sign ledger entries at all. */
export function signsLedgers(signer: TrustedSigner): boolean {
  return covers(signer.namespaces, 'bithub-ledger');
}

/** Pattern list of ssh_config(5): `*` and `?`, a `!` before a pattern refuses whatever else matches. */
export function covers(patterns: readonly string[] | undefined, name: string): boolean {
  if (patterns === undefined) return true;
  let found = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!');
    if (!matches(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

/** Wildcards without backtracking over more than the last star: linear in pattern × name. */
function matches(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p;
      p += 1;
      resume = n;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p += 1;
      n += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      n = resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
