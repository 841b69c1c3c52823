import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from '../build/index.ts';
import { isBitError } from '../kernel/errors.ts';
import { checkFiles, type Formatter, formatFiles, formatterFor, formattersOf } from '../scan/index.ts';
import { type CheckFinding, type OneCheck, verdict, without } from './model.ts';

const MOST_BYTES = 1 << 20;

export interface FormatPlace {
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Files that a formatter would change, by formatter. */
export interface Unformatted {
  readonly formatter: Formatter;
  readonly files: readonly string[];
}

/** What the project's own formatters would change of the work tree. */
export async function checkTreeFormat(
  place: FormatPlace,
  tree: Tree,
): Promise<{ readonly check: OneCheck; readonly unformatted: readonly Unformatted[] }> {
  const formatters = formattersOf(place.root, place.env);
  if (formatters.length === 0)
    return { check: without('format', 'skipped', 'the project configures no formatter'), unformatted: [] };
  const missing = formatters.filter(({ program }) => program === undefined).map(({ name }) => name);
  const unformatted: Unformatted[] = [];
  const failed: string[] = [];
  let looked = 0;
  for (const formatter of formatters) {
    if (formatter.program === undefined) continue;
    const files = tree.paths.filter(
      (path) => formatterFor(formatters, path) === formatter && isPlain(place.root, path),
    );
    looked += files.length;
    try {
      const differing = files.length === 0 ? [] : await checkFiles(formatter, files, place);
      if (differing.length > 0) unformatted.push({ formatter, files: differing });
    } catch (error) {
      if (!isBitError(error, 'failed')) throw error;
      failed.push(error.message);
    }
  }
  const findings = unformatted.flatMap(({ formatter, files }) =>
    files.map(
      (path): CheckFinding => ({
        check: 'format',
        level: 'error',
        rule: formatter.name,
        path,
        line: 1,
        column: 1,
        message: `is not as ${formatter.name} would have it`,
      }),
    ),
  );
  const absent = missing.length === 0 ? [] : [`not installed: ${missing.join(', ')}`];
  const note = [...absent, ...failed].join('; ');
  const outcome = findings.length > 0 ? verdict(findings) : note === '' ? 'passed' : 'unknown';
  return {
    check: { check: 'format', outcome, looked, findings, ...(note === '' ? {} : { note }) },
    unformatted,
  };
}

export async function fixFormat(place: FormatPlace, unformatted: readonly Unformatted[]): Promise<void> {
  for (const { formatter, files } of unformatted) await formatFiles(formatter, files, place);
}

function isPlain(root: string, path: string): boolean {
  const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
  return stat?.isFile() === true && stat.size <= MOST_BYTES;
}
