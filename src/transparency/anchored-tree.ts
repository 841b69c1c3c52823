import type { AnchoredTree } from '../anchor/index.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { LedgerReader, TrustRules } from '../ledger/index.ts';
import { chainKeys, originOf } from './origin.ts';

/** A chain as it is now, as anchors are held against it. */
export function anchoredTree(ledger: LedgerReader, chain: string, trust: TrustRules): AnchoredTree {
  const tree = ledger.tree(chain);
  const own = [...trust.own, ...handedOver(ledger, chain)];
  return {
    chain,
    origin: originOf(chain),
    size: tree.size,
    root: tree.root(),
    keys: chainKeys(chain, { ...trust, own }),
    rootAt: (size) => tree.root(size),
    consistency: (from) => tree.consistency(from),
  };
}

/** Keys that entries of a chain already here, and so verified, handed over to. */
export function handedOver(ledger: LedgerReader, chain: string): string[] {
  return [...ledger.entries({ chain, event: 'KEY_ROTATE', phase: 'outcome' })].flatMap(
    ({ actor, payload }) => {
      const result = payload?.['result'];
      const { before, public_key: key } = isJsonObject(result) ? result : {};
      return before === actor && typeof key === 'string' ? [key] : [];
    },
  );
}
