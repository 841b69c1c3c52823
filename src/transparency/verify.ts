import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ledgerTrust } from '../guard/index.ts';
import { BitError } from '../kernel/errors.ts';
import { ChainAudit, shownFault, type TrustRules, type VerifyReport } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import {
  auditLog,
  directorySource,
  formatVkey,
  httpSource,
  type LogFault,
  leafHash,
  openProof,
  parseCheckpointText,
  parseNote,
  parseProofFile,
  parseVkey,
  toBase64,
  type VerifierKey,
} from '../tlog/index.ts';
import { anchoredChains } from './anchor-list.ts';
import { anchoredHeads } from './anchor-travel.ts';
import { readSeen, recallAll } from './memory.ts';
import { chainKeys, chainOf } from './origin.ts';
import { readText } from './prove.ts';

export interface VerifyQuestion {
  /** A proof file; default the ledger itself. */
  readonly proof: string | undefined;
  /** Directory or address of a tlog-tiles log. */
  readonly log: string | undefined;
  /** vkeys. */
  readonly keys: readonly string[];
  /** The log that is meant, where its key has another name. */
  readonly origin: string | undefined;
  /** File with the leaf's data, for a proof that doesn't hold it. */
  readonly leaf: string | undefined;
  /** Files with checkpoints seen earlier. */
  readonly checkpoints: readonly string[];
}

export type Verification = LedgerVerification | ProofVerification | LogVerification;

export interface LedgerVerification extends VerifyReport {
  readonly kind: 'ledger';
  /** Checkpoints the chains were held against. */
  readonly checkpoints: readonly { readonly chain: string; readonly size: number; readonly from: string }[];
}

export interface LogHead {
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** vkeys of the log and witnesses whose signatures hold. */
  readonly signers: readonly string[];
}

export interface ProofVerification extends LogHead {
  readonly kind: 'proof';
  readonly ok: true;
  readonly index: number;
  /** The ledger entry, where it is one. */
  readonly entry: {
    readonly entry: string;
    readonly event: string;
    readonly phase: string;
    readonly ts: string;
    readonly actor: string;
    readonly as: string | null;
  } | null;
}

export interface LogVerification extends LogHead {
  readonly kind: 'log';
  readonly ok: boolean;
  readonly fault: LogFault | null;
  /** Entries found good. */
  readonly entries: number;
}

/** Verifies the ledger here, a proof, or anybody's log. @throws BitError `integrity` */
export async function verify(reader: Reader, question: VerifyQuestion): Promise<Verification> {
  const { proof, log, leaf } = question;
  if (proof !== undefined && log !== undefined) {
    throw new BitError('usage', 'a proof is verified by itself: leave out --log');
  }
  if (leaf !== undefined && proof === undefined)
    throw new BitError('usage', '--leaf belongs to a proof file');
  if (proof !== undefined) return verifyProof(reader, question, proof);
  if (log !== undefined) return verifyLog(reader, question, log);
  if (question.keys.length > 0 || question.origin !== undefined) {
    throw new BitError('usage', '--key and --origin belong to a proof file or to --log', {
      hint: 'whose entries the ledger here believes is said by: bit key trust',
    });
  }
  return verifyHere(reader, question.checkpoints);
}

/** Every entry of every chain, on all cores, and that each chain goes on from what was seen of it. */
export async function verifyHere(
  reader: Reader,
  checkpoints: readonly string[] = [],
): Promise<LedgerVerification> {
  const trust = await ledgerTrust(reader);
  const chains = anchoredChains(reader);
  const remembered = recallAll(reader.userDirectory, chains);
  const given = checkpoints.map((file) => ({ ...readSeen(readText(reader, file), trust, file), file }));
  const seen = [...remembered, ...given, ...anchoredHeads(reader, chains, trust)];
  const progress = reader.progress('verify the ledger');
  try {
    const report = await reader.ledger.verifyParallel({
      trust,
      seen,
      signal: reader.signal,
      onProgress: (done, total) => progress.update('entries', done, total),
    });
    const held = seen.map(({ chain, size, file: from }) => ({ chain, size, from }));
    return { kind: 'ledger', ...report, checkpoints: held };
  } finally {
    progress.end();
  }
}

async function verifyProof(
  reader: Reader,
  question: VerifyQuestion,
  path: string,
): Promise<ProofVerification> {
  const file = parseProofFile(readText(reader, path));
  const origin = question.origin ?? originIn(file.checkpoint);
  const keys = await keysFor(reader, question, origin);
  const shown = file.extra === undefined || question.leaf !== undefined ? undefined : shownIn(file.extra);
  const leaf = question.leaf === undefined ? shown?.leaf : Buffer.from(readText(reader, question.leaf));
  if (leaf === undefined) {
    throw new BitError('usage', `the proof does not hold the entry it is about: ${path}`, {
      hint: 'give the file with the entry’s data: --leaf FILE',
    });
  }
  const head = openProof(file, leafHash(leaf), { keys, origin: question.origin });
  const fields = shown?.fields;
  if (fields !== undefined && (fields.seq !== file.index || fields.chain !== chainOf(head.origin))) {
    throw new BitError(
      'integrity',
      `the entry is number ${fields.seq} of chain ${fields.chain}, and is proved to be another`,
    );
  }
  return {
    kind: 'proof',
    ok: true,
    ...headOf(head),
    index: file.index,
    entry:
      shown === undefined
        ? null
        : {
            entry: shown.entry_sha256,
            event: shown.fields.event,
            phase: shown.fields.phase,
            ts: shown.fields.ts,
            actor: shown.fields.actor,
            as: shown.fields.as,
          },
  };
}

function shownIn(extra: Uint8Array) {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(extra).toString('utf8'));
  } catch {
    return undefined;
  }
  const shown = shownFault(value);
  if (typeof shown !== 'string') return shown;
  throw new BitError('integrity', `the entry in the proof does not hold: ${shown}`);
}

async function verifyLog(reader: Reader, question: VerifyQuestion, log: string): Promise<LogVerification> {
  const remote = /^https?:\/\//.test(log);
  const directory = resolve(reader.cwd, log);
  if (!remote && !existsSync(directory)) throw new BitError('not-found', `there is no folder ${directory}`);
  const source = remote ? httpSource(log, reader.signal) : directorySource(directory);
  const note = await source.read('checkpoint', 1_000_000);
  const origin = question.origin ?? (note === undefined ? '' : originIn(Buffer.from(note).toString('utf8')));
  const chain = chainOf(origin);
  const audit = chain === undefined ? undefined : new ChainAudit({ chain });
  const progress = reader.progress(`verify ${log}`);
  try {
    const { checkpoint, fault, entries } = await auditLog(source, {
      keys: await keysFor(reader, question, origin),
      origin: question.origin,
      onProgress: (done, size) => progress.update('entries', done, size),
      ...(audit === undefined
        ? {}
        : {
            checkEntry: (entry) => {
              const shown = audit.take(entry);
              return typeof shown === 'string' ? shown : undefined;
            },
          }),
    });
    return { kind: 'log', ok: fault === undefined, ...headOf(checkpoint), fault: fault ?? null, entries };
  } finally {
    progress.end();
  }
}

/** The origin a checkpoint claims, to choose keys by; nothing of it is believed yet. */
function originIn(note: string): string {
  return parseCheckpointText(parseNote(note).text)?.origin ?? '';
}

/** The keys given; for a chain of a ledger, without any, those of everybody believed here. */
async function keysFor(reader: Reader, question: VerifyQuestion, origin: string): Promise<VerifierKey[]> {
  if (question.keys.length > 0) return question.keys.map(parseVkey);
  const chain = chainOf(origin);
  const trust: TrustRules = chain === undefined ? { own: [], signers: [] } : await ledgerTrust(reader);
  const keys = chain === undefined ? [] : chainKeys(chain, trust);
  if (keys.length > 0) return keys;
  throw new BitError('usage', 'whose signature is to be believed?', {
    hint: 'give the log’s key: --key VKEY',
  });
}

function headOf(head: {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly signers: readonly VerifierKey[];
}): LogHead {
  const { origin, size, root, signers } = head;
  return { origin, size, root: toBase64(root), signers: signers.map(formatVkey) };
}
