/** Where chains stand in a repository that shares its ledger. */
export const LEDGER_REFS = 'refs/bithub/ledger/';

/** Where those of a remote are put before they are verified. */
export function receivedRefs(remote: string): string {
  return `refs/bithub/received/${remote}/`;
}

/** Payloads of the entries of one bundle, one canonical JSON `{nonce, payload, seq}` a line. */
export function payloadPath(index: number): string {
  return `payload/${index}`;
}

/** An entry that fits no bundle, `{entry, signature}`. */
export function largePath(seq: number): string {
  return `large/${seq}`;
}
