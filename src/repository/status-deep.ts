import { join } from 'node:path';
import { ledgerTrust } from '../guard/index.ts';
import { isBitError } from '../kernel/errors.ts';
import { believes, type LedgerFault, openMarkers, type TrustRules } from '../ledger/index.ts';
import { type Reader, readOperation } from '../operation/index.ts';
import type { PolicyProblem } from '../policy/index.ts';

export interface DeepStatus {
  readonly ledger: {
    readonly chain: string | null;
    readonly head: {
      readonly entry: string;
      readonly seq: number;
      readonly event: string;
      readonly ts: string;
    } | null;
    readonly entries: number;
    readonly chains: number;
    readonly ok: boolean;
    readonly faults: readonly LedgerFault[];
  };
  /** Operations begun and not ended; `running` false died in the middle, null can't be told from here. */
  readonly open: readonly {
    readonly op: string;
    readonly summary: string;
    readonly running: boolean | null;
  }[];
  readonly policies: { readonly digest: string | null; readonly problems: readonly PolicyProblem[] };
  /** The key that would sign; null where none was made yet. */
  readonly key: {
    readonly publicKey: string;
    readonly fingerprint: string;
    readonly place: string;
    readonly trusted: boolean;
  } | null;
}

/** Ledger head and verification, unfinished operations, the policies in force, the key in use. Makes none of them. */
export async function readDeepStatus(reader: Reader): Promise<DeepStatus> {
  const trust = await readTrust(reader);
  const report = reader.ledger.verify({ trust });
  const current = (await reader.keys.list()).find((key) => key.current);
  return {
    ledger: {
      chain: reader.ledger.chain() ?? null,
      head: readHead(reader),
      entries: report.entries,
      chains: report.chains.length,
      ok: report.ok,
      faults: report.faults,
    },
    open: readOpen(reader),
    policies: readPolicies(reader),
    key:
      current === undefined
        ? null
        : {
            publicKey: current.publicKey,
            fingerprint: current.fingerprint,
            place: current.place,
            trusted: believes(trust)({ actor: current.publicKey, ts: reader.now().toISOString() }),
          },
  };
}

/** With a damaged accepted set only one's own keys are left to believe; the standing tells of the damage. */
async function readTrust(reader: Reader): Promise<TrustRules> {
  try {
    return await ledgerTrust(reader);
  } catch (error) {
    if (!isBitError(error, 'integrity')) throw error;
    return { own: (await reader.keys.list()).map((key) => key.publicKey), signers: [] };
  }
}

/** An entry that can't be read is among the faults of the verification already. */
function orUnreadable<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch (error) {
    if (!isBitError(error, 'integrity')) throw error;
    return otherwise;
  }
}

function readHead(reader: Reader): DeepStatus['ledger']['head'] {
  const head = orUnreadable(() => reader.ledger.head(), undefined);
  return head === undefined
    ? null
    : { entry: head.entry_sha256, seq: head.seq, event: head.event, ts: head.ts };
}

function readOpen(reader: Reader): DeepStatus['open'] {
  return openMarkers(join(reader.stateDirectory, 'ledger')).map(({ op, running }) => ({
    op,
    summary: orUnreadable(() => readOperation(reader.ledger, op)?.summary, undefined) ?? '',
    running: running ?? null,
  }));
}

function readPolicies(reader: Reader): DeepStatus['policies'] {
  try {
    const { digest, problems } = reader.policy;
    return { digest, problems };
  } catch (error) {
    if (!isBitError(error, 'integrity')) throw error;
    return { digest: null, problems: [] };
  }
}
