import { BitError } from '../kernel/errors.ts';
import { ULID_PATTERN } from '../kernel/ids.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { LedgerReader, TrustRules } from '../ledger/index.ts';
import { type VerifierKey, verifierKey } from '../tlog/index.ts';

const PREFIX = 'bit.ledger/';

/** What a chain is called as a transparency log; also the name its keys sign under. */
export function originOf(chain: string): string {
  return `${PREFIX}${chain}`;
}

/** The chain an origin names; undefined where it is somebody else's log. */
export function chainOf(origin: string): string | undefined {
  const chain = origin.startsWith(PREFIX) ? origin.slice(PREFIX.length) : '';
  return ULID_PATTERN.test(chain) ? chain : undefined;
}

/** The verifier key of a signer, `ed25519:<hex>`, for a chain. */
export function chainKey(chain: string, publicKey: string): VerifierKey {
  return verifierKey(originOf(chain), Buffer.from(publicKey.slice('ed25519:'.length), 'hex'));
}

/** The verifier keys of everybody believed, for a chain. */
export function chainKeys(chain: string, { own, signers }: TrustRules): VerifierKey[] {
  const keys = new Set([...own, ...signers.map((signer) => signer.publicKey)]);
  return [...keys].map((key) => chainKey(chain, key));
}

/** The chain that is meant, default the one this clone writes. @throws BitError `not-found` */
export function requireChain(ledger: LedgerReader, wanted: string | undefined): string {
  const chain = wanted ?? ledger.chain();
  if (chain === undefined) {
    throw new BitError('not-found', 'the ledger is empty', { hint: 'the first action begins it' });
  }
  const chains = ledger.chains();
  if (chains.some((known) => known.chain === chain)) return chain;
  const near = nearest(
    chain,
    chains.map((known) => known.chain),
  );
  throw new BitError('not-found', `the ledger has no chain ${printable(shorten(chain))}`, {
    ...(near.length === 0 ? {} : { hint: `did you mean: ${near.join(', ')}` }),
  });
}
