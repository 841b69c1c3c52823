import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { ledgerTrust } from '../guard/index.ts';
import { readBoundedFile } from '../kernel/bounded-file.ts';
import { openEnvelope, signEnvelope } from '../kernel/dsse.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import type { JsonObject } from '../kernel/json.ts';
import { nearest, printable } from '../kernel/text.ts';
import { believes } from '../ledger/index.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { gather } from './gather.ts';
import { AUDIT_TYPE, type AuditReport, type Standing } from './model.ts';

/** A report as it was read back. */
export interface ReadReport {
  readonly file: string;
  /** Of the file's bytes. */
  readonly sha256: string;
  readonly signer: string;
  /** The signature holds, and its key is believed here. */
  readonly believed: boolean;
  readonly report: AuditReport;
}

export interface WrittenReport extends AuditReport {
  readonly file: string;
  readonly sha256: string;
}

const MOST_BYTES = 16 << 20;
const NAME = /^\d{8}T\d{6}\d{3}Z\.json$/;

/** Where the reports of this clone lie, oldest first. */
export function reportFiles({ stateDirectory }: Pick<Reader, 'stateDirectory'>): readonly string[] {
  const folder = join(stateDirectory, 'audits');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => NAME.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Looks everything over, and writes a signed report below the local state: what stands, what was done since the report
 * before, and what came and went since then. Its digest is in the ledger, and the next report names it.
 */
export async function writeReport(reader: Reader): Promise<Effect<WrittenReport>> {
  const before = await lastReport(reader);
  const now = reader.now();
  const file = join(reader.stateDirectory, 'audits', `${now.toISOString().replace(/[-:.]/g, '')}.json`);
  return {
    summary: 'write an audit report',
    target: { since: before?.report.ts ?? null },
    plan: [
      `verify the ledger, look over permissions, keys, tokens and bots, write a report below ${dirname(file)}`,
    ],
    touches: { refs: [], files: [file] },
    async run(writer) {
      const since = before?.report.ts ?? null;
      const gathered = await gather(writer, since);
      const report: AuditReport = {
        v: 1,
        ...gathered,
        since,
        before: before?.sha256 ?? null,
        changes: changesOf(before?.report.standing ?? [], gathered.standing),
      };
      const envelope = signEnvelope(AUDIT_TYPE, report as unknown as JsonObject, await writer.keys.signer());
      const text = `${JSON.stringify(envelope)}\n`;
      writeFileAtomic(file, text, { mode: 0o600 });
      return { ...report, file, sha256: sha256(text) };
    },
    record: ({ sha256: digest, before: previous, ledger, activity, changes }) => ({
      sha256: digest,
      before: previous,
      ok: ledger.ok,
      denied: activity.denied,
      came: changes.came.length,
      went: changes.went.length,
    }),
  };
}

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What stands now and did not, and the other way round. */
export function changesOf(before: readonly Standing[], now: readonly Standing[]): AuditReport['changes'] {
  const key = ({ area, level, text }: Standing): string => `${area}\0${level}\0${text}`;
  const [old, fresh] = [new Set(before.map(key)), new Set(now.map(key))];
  return {
    came: now.filter((one) => !old.has(key(one))),
    went: before.filter((one) => !fresh.has(key(one))),
  };
}

/** The newest report that is whole and believed; one somebody changed is passed over. */
async function lastReport(reader: Reader): Promise<ReadReport | undefined> {
  for (const file of reportFiles(reader).toReversed()) {
    try {
      const read = await readReport(reader, file);
      if (read.believed) return read;
    } catch (error) {
      if (!isBitError(error)) throw error;
    }
  }
  return undefined;
}

/**
 * A report by its file, by the beginning of its name, or the newest.
 *
 * @throws BitError `not-found`, `integrity` where it was changed
 */
export async function showReport(reader: Reader, wanted: string | undefined): Promise<ReadReport> {
  const files = reportFiles(reader);
  if (wanted === undefined) {
    const newest = files.at(-1);
    if (newest === undefined)
      throw new BitError('not-found', 'there is no report yet', { hint: 'write one with: bit audit report' });
    return readReport(reader, newest);
  }
  const names = files.map((file) => file.slice(file.lastIndexOf('/') + 1));
  const at = names.findIndex((name) => wanted.length >= 8 && name.startsWith(wanted.replace(/[-:.]/g, '')));
  const path = isAbsolute(wanted) ? wanted : resolve(reader.cwd, wanted);
  const chosen = files[at] ?? (existsSync(path) ? path : undefined);
  if (chosen !== undefined) return readReport(reader, chosen);
  const near = nearest(wanted, names);
  throw new BitError('not-found', `there is no report ${printable(wanted.slice(0, 200))}`, {
    hint:
      near.length > 0
        ? `did you mean: ${near.join(', ')}`
        : `there are: ${names.slice(-5).join(', ') || 'none'}`,
  });
}

async function readReport(reader: Reader, file: string): Promise<ReadReport> {
  const bytes = readBoundedFile(file, MOST_BYTES);
  const { document, signer } = openEnvelope(AUDIT_TYPE, bytes.toString('utf8'));
  const report = document as unknown as AuditReport;
  const whole =
    document['v'] === 1 &&
    typeof report.ts === 'string' &&
    Array.isArray(report.standing) &&
    report.changes !== undefined;
  if (!whole) throw new BitError('unsupported', 'the report is of another version', { details: { file } });
  const believed = believes(await ledgerTrust(reader))({ actor: signer, ts: report.ts });
  return { file, sha256: sha256(bytes), signer, believed, report };
}
