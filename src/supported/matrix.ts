import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Paper } from '../kernel/paper.ts';
import type { Answer, Effect, Reader } from '../operation/index.ts';
import { parseSupportTable, rowFor, type SupportedVersion } from './table.ts';

/** Where SECURITY.md may lie, as GitHub looks for it. */
const FILES = ['SECURITY.md', '.github/SECURITY.md', 'docs/SECURITY.md'] as const;
export const MATRIX_FILE = 'orchestration_audit/supported_versions.json';
const MOST_BYTES = 1024 * 1024;

/** What becomes of an orchestration of a version. */
export type Verdict = 'supported' | 'sandboxed' | 'blocked' | 'unlisted';

export interface VersionVerdict {
  readonly version: string;
  readonly verdict: Verdict;
  /** The row that decided, `SECURITY.md:12 5.0.x`; null where none speaks of it. */
  readonly row: string | null;
  readonly notes: string;
}

export interface SupportMatrix {
  readonly source: string;
  readonly versions: readonly { readonly version: string; readonly supported: boolean }[];
  readonly current: VersionVerdict | null;
  /** Where it was written; null where it was only asked for. */
  readonly written: string | null;
}

/** The table, or undefined where there is no SECURITY.md with one. */
export function readSupportTable(
  root: string,
): { readonly source: string; readonly table: readonly SupportedVersion[] } | undefined {
  for (const source of FILES) {
    const path = join(root, source);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (!stat.isFile()) throw new BitError('usage', `${source} is not a regular file`);
    if (stat.size > MOST_BYTES) throw new BitError('usage', `${source} is larger than ${MOST_BYTES} bytes`);
    const table = parseSupportTable(source, readFileSync(path, 'utf8'));
    return table.length === 0 ? undefined : { source, table };
  }
  return undefined;
}

/**
 * A version judged by the table: unsupported ones are blocked, or sandboxed where the row's notes speak of a sandbox.
 * What no row speaks of is unlisted and runs: it is most often the next version.
 */
export function verdictOn(
  source: string,
  table: readonly SupportedVersion[],
  version: string,
): VersionVerdict {
  const row = rowFor(table, version);
  if (row === undefined) return { version, verdict: 'unlisted', row: null, notes: '' };
  const verdict = row.supported ? 'supported' : /\bsandbox/i.test(row.notes) ? 'sandboxed' : 'blocked';
  return { version, verdict, row: `${source}:${row.line} ${row.version}`, notes: row.notes };
}

/** The version here: the tag, else package.json's, else the newest tag that looks like one. */
export async function versionHere(
  reader: Reader,
  root: string,
  tag: string | null,
): Promise<string | undefined> {
  if (tag !== null && /^v?\d/.test(tag)) return tag;
  const path = join(root, 'package.json');
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === true) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
      const version = isJsonObject(manifest) ? manifest['version'] : undefined;
      if (typeof version === 'string' && /^v?\d/.test(version)) return version;
    } catch {
      // a package.json that is no JSON says no version
    }
  }
  const { stdout, exitCode } = await reader.git.read(
    ['describe', '--tags', '--abbrev=0', '--match', '[v0-9]*'],
    { accept: [0, 128] },
  );
  const found = stdout.trim();
  return exitCode === 0 && /^v?\d/.test(found) ? found : undefined;
}

/** Writes SECURITY.md's table as JSON; with `check` it only judges one version. */
export async function supportMatrix(
  reader: Reader,
  { check }: { readonly check: string | undefined },
): Promise<Effect<SupportMatrix> | Answer<SupportMatrix>> {
  const root = reader.repository?.root;
  if (root === undefined) throw new BitError('not-found', `${reader.cwd} is not inside a work tree`);
  const read = readSupportTable(root);
  if (read === undefined) {
    throw new BitError('not-found', 'there is no SECURITY.md with a table of supported versions', {
      hint: 'a table with the columns Version and Supported, in SECURITY.md, .github/ or docs/',
    });
  }
  const { source, table } = read;
  const version = check ?? (await versionHere(reader, root, null));
  const current = version === undefined ? null : verdictOn(source, table, version);
  const versions = table.map(({ version: one, supported }) => ({ version: one, supported }));
  const out = { source, versions, current, written: null };
  if (check !== undefined) return { reads: 'security.matrix', answer: async () => out };
  const target = join(root, MATRIX_FILE);
  return {
    summary: `write ${versions.length} supported versions of ${source}`,
    target: { path: MATRIX_FILE, source, version: version ?? null, verdict: current?.verdict ?? null },
    plan: [
      `write ${MATRIX_FILE}: ${versions.map((one) => `${one.version} ${one.supported ? 'supported' : 'not'}`).join(', ')}`,
    ],
    touches: { refs: [], files: [target] },
    async run() {
      refuseLink(root);
      // the form the first enforcement script wrote
      writeFileAtomic(target, `${JSON.stringify(versions)}\n`);
      return { ...out, written: MATRIX_FILE };
    },
    record: () => ({ source, versions }),
  };
}

function refuseLink(root: string): void {
  for (const path of ['orchestration_audit', MATRIX_FILE])
    if (lstatSync(join(root, path), { throwIfNoEntry: false })?.isSymbolicLink() === true)
      throw new BitError('usage', `${path} is a link, and is not written through`);
}

export function renderMatrix({ source, versions, current, written }: SupportMatrix, page: Paper): void {
  page.table(
    versions.map(({ version, supported }) => [
      page.safe(version),
      supported ? page.style.green('supported') : page.style.red('not supported'),
    ]),
  );
  if (current !== null) {
    const by = current.row === null ? `no row of ${source} speaks of it` : current.row;
    page.line(
      page.safe(
        `${current.version} is ${current.verdict}: ${by}${current.notes === '' ? '' : ` (${current.notes})`}`,
      ),
    );
  }
  if (written !== null) page.line(page.safe(`written to ${written}`));
}
