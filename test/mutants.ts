/**
 * Mutants of a verifier: copies of its domain, each with one check taken out. A suite that takes any of them for the
 * original does not test that check.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = dirname(import.meta.dirname);

export interface Mutant {
  /** `src/tlog/check.ts:31: if (…) return …;` */
  readonly name: string;
  readonly file: string;
  readonly source: string;
}

/** One mutant for every `if` of a file (below the repository's root) whose only statement returns or throws. */
export function mutantsOf(file: string): Mutant[] {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
  const out: Mutant[] = [];
  for (const [at, line] of lines.entries()) {
    const last = endOfCheck(lines, at);
    if (last === undefined) continue;
    const source = [...lines.slice(0, at), ...lines.slice(last + 1)].join('\n');
    out.push({ name: `${file}:${at + 1}: ${line.trim()}`, file, source });
  }
  return out;
}

/** Line a check that begins at `at` ends on; undefined where none begins there. */
function endOfCheck(lines: readonly string[], at: number): number | undefined {
  const line = lines[at] ?? '';
  const [, indent] = /^( *)if \(/.exec(line) ?? [];
  if (indent === undefined) return undefined;
  if (/\) (?:return|throw)\b.*;$/.test(line)) return at;
  const close = lines.findIndex((other, i) => i > at && other === `${indent}}`);
  if (line.endsWith('{')) return /^ *(?:return|throw)\b/.test(lines[at + 1] ?? '') ? close : undefined;
  return /^ *(?:return|throw)\b.*;$/.test(lines[at + 1] ?? '') ? at + 1 : undefined;
}

/** Imports `index` of a copy of its domain in which the mutant took a file's place, and hands it to `use`. */
export async function withMutant<Module, Out>(
  mutant: Mutant | undefined,
  index: string,
  use: (module: Module) => Out | Promise<Out>,
): Promise<Out> {
  const place = mkdtempSync(join(tmpdir(), 'bit-mutant-'));
  try {
    writeFileSync(join(place, 'package.json'), '{"type":"module"}');
    mkdirSync(join(place, 'src'));
    const domains = new Set([index, mutant?.file ?? index].map((file) => file.split('/')[1] ?? ''));
    for (const domain of ['kernel', 'tlog', 'ledger']) {
      const from = join(ROOT, 'src', domain);
      if (domains.has(domain)) cpSync(from, join(place, 'src', domain), { recursive: true });
      else symlinkSync(from, join(place, 'src', domain));
    }
    symlinkSync(join(ROOT, 'node_modules'), join(place, 'node_modules'));
    if (mutant !== undefined) writeFileSync(join(place, mutant.file), mutant.source);
    return await use((await import(pathToFileURL(join(place, index)).href)) as Module);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
