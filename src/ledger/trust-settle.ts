import { CHAINS } from './chains.ts';
import type { LedgerFault } from './index.ts';
import type { KeyEvent, Revocation, Rotation } from './key-events.ts';
import type { Store } from './store.ts';

/** First entry that a key not believed by the rules signed in a chain. */
export interface Stranger {
  readonly chain: string;
  readonly actor: string;
  readonly seq: number;
}

export interface KeyFindings {
  readonly strangers: readonly Stranger[];
  readonly keys: readonly KeyEvent[];
}

/**
 * Strangers that no key believed in has brought in, and entries of revoked keys beyond the positions the revocation
 * grants. What a chain says about keys counts only where the key that says it is believed itself.
 */
export function* keyFaults(store: Store, { strangers, keys }: KeyFindings): IterableIterator<LedgerFault> {
  const unknown = new Map(strangers.map(({ chain, actor, seq }) => [`${chain} ${actor}`, seq] as const));
  for (const { chain, actor, seq } of [...strangers].reverse()) unknown.set(`${chain} ${actor}`, seq);
  const rotations = keys.filter((event): event is Rotation => event.kind === 'rotation');
  const brought = bringIn(unknown, rotations);
  for (const [name, seq] of unknown) {
    const [chain = '', actor = ''] = name.split(' ');
    const from = brought.get(name);
    if (from !== undefined && from < seq) continue;
    yield { chain, seq, field: 'actor', message: `the signer is not trusted: ${actor}` };
  }
  const revocations = keys.filter(
    (event): event is Revocation =>
      event.kind === 'revocation' && isBelieved(event.chain, event.by, event.seq, unknown, brought),
  );
  for (const revocation of revocations) yield* voided(store, revocation);
}

/** By chain and key, the position of the rotation that brought the key in; rotations are in order of their chains. */
function bringIn(unknown: ReadonlyMap<string, number>, rotations: readonly Rotation[]): Map<string, number> {
  const brought = new Map<string, number>();
  for (const { chain, seq, by, publicKey } of rotations) {
    if (!isBelieved(chain, by, seq, unknown, brought)) continue;
    const name = `${chain} ${publicKey}`;
    if (!brought.has(name)) brought.set(name, seq);
  }
  return brought;
}

function isBelieved(
  chain: string,
  actor: string,
  seq: number,
  unknown: ReadonlyMap<string, number>,
  brought: ReadonlyMap<string, number>,
): boolean {
  const name = `${chain} ${actor}`;
  const first = unknown.get(name);
  if (first === undefined || first > seq) return true;
  const from = brought.get(name);
  return from !== undefined && from < first;
}

/** The first void entry of each chain. */
function* voided(store: Store, revocation: Revocation): IterableIterator<LedgerFault> {
  const { publicKey, positions, chain: where, seq: at } = revocation;
  const granted = new Map(positions.map(({ chain, size }) => [chain, size]));
  for (const [name] of store.rows(CHAINS)) {
    const chain = String(name);
    const size = granted.get(chain) ?? 0;
    const sql = 'SELECT seq FROM entries WHERE chain = ? AND seq >= ? AND actor = ? ORDER BY seq LIMIT 1';
    const [first] = store.rows(sql, [chain, size, publicKey]);
    if (first === undefined) continue;
    const message = `${publicKey} was revoked by entry ${at} of chain ${where}: void from entry ${size} on`;
    yield { chain, seq: Number(first[0]), field: 'revoked', message };
  }
}
