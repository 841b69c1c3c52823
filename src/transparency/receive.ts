import { checkRemote } from '../git/index.ts';
import { ledgerTrust, pinSigners } from '../guard/index.ts';
import { type BitError, isBitError } from '../kernel/errors.ts';
import { ULID_PATTERN } from '../kernel/ids.ts';
import type { TrustRules } from '../ledger/index.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { commitLog, LEDGER_REFS, receivedRefs, type SharedLog } from './shared.ts';
import { founderOf, type ReceivedChain, takeChain } from './take-chain.ts';

export interface ReceiveResult {
  readonly remote: string;
  readonly chains: readonly ReceivedChain[];
  /** Keys believed from now on. */
  readonly pinned: readonly string[];
}

/**
 * Fetches the chains a remote has and takes those in that are believed: signed, whole, and going on from what was seen
 * of them. One that isn't is refused, with both checkpoints kept as evidence; the others are taken all the same.
 *
 * @throws BitError `integrity` naming the first chain refused, after the others were taken
 */
export async function receiveLedger(
  reader: Reader,
  remote: string,
  options: { readonly pin?: boolean } = {},
): Promise<Effect<ReceiveResult>> {
  checkRemote(remote);
  const trust = await ledgerTrust(reader);
  return {
    summary: `receive the ledger of ${remote}`,
    target: { remote, pin: options.pin === true },
    plan: [
      `fetch ${LEDGER_REFS}* from ${remote}`,
      'verify each chain: signatures, entries, tree, and that it goes on from what was seen',
      ...(options.pin === true ? ['believe from now on whoever began a chain that is new'] : []),
      'add what is new to the ledger',
    ],
    touches: { refs: [] },
    run: (writer) => receive(writer, remote, trust, options.pin === true),
    record: ({ chains, pinned }) => ({
      remote,
      chains: chains.map((chain) => ({ ...chain })),
      pinned: [...pinned],
    }),
  };
}

async function receive(
  writer: Writer,
  remote: string,
  trust: TrustRules,
  pin: boolean,
): Promise<ReceiveResult> {
  const { git, signal } = writer;
  const prefix = receivedRefs(remote);
  const spec = `+${LEDGER_REFS}*:${prefix}*`;
  const quiet = ['--quiet', '--no-tags', '--no-write-fetch-head', '--prune', '--refmap='];
  await git.run(['fetch', ...quiet, '--', remote, spec], { signal });
  const chains: ReceivedChain[] = [];
  const refused: BitError[] = [];
  const pinned = new Set<string>();
  for (const { name, oid } of await git.refs([prefix])) {
    const chain = name.slice(prefix.length);
    if (!ULID_PATTERN.test(chain)) continue;
    const log = commitLog(git, oid, `${LEDGER_REFS}${chain}`);
    try {
      const taken = await takeOrPin(writer, chain, log, { trust, pin });
      chains.push(taken.received);
      if (taken.pinned !== undefined) pinned.add(taken.pinned);
    } catch (error) {
      if (!isBitError(error, 'integrity')) throw error;
      refused.push(error);
    }
  }
  pinSigners(writer.stateDirectory, [...pinned], `met at ${remote}`);
  const [first] = refused;
  if (first !== undefined) throw first;
  return { remote, chains, pinned: [...pinned] };
}

/** Takes a chain in; with `pin` also one whose founder nobody knew, who is to be believed from now on. */
export async function takeOrPin(
  writer: Writer,
  chain: string,
  log: SharedLog,
  { trust, pin }: { readonly trust: TrustRules; readonly pin: boolean },
): Promise<{ readonly received: ReceivedChain; readonly pinned: string | undefined }> {
  const founder = pin ? await founderOf(log) : undefined;
  const known =
    founder === undefined || trustsKey(trust, founder) || writer.ledger.at(chain, 0) !== undefined;
  const believed = known ? trust : { ...trust, own: [...trust.own, founder] };
  return { received: await takeChain(writer, chain, log, believed), pinned: known ? undefined : founder };
}

function trustsKey({ own, signers }: TrustRules, key: string): boolean {
  return own.includes(key) || signers.some((signer) => signer.publicKey === key);
}
