import { isAbsolute, relative } from 'node:path';
import type { Environment } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { runTree } from '../kernel/process-tree.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Formatter } from './formatter.ts';

const AT_ONCE = 200;
const PATIENCE = 120_000;
const MOST_OUTPUT = 16 << 20;

export interface FormatPlace {
  readonly root: string;
  readonly env: Environment;
  readonly signal: AbortSignal;
}

/** Which of the files the formatter would change. @throws BitError `failed` where it can't tell */
export async function checkFiles(
  formatter: Formatter,
  files: readonly string[],
  place: FormatPlace,
): Promise<string[]> {
  const found = new Set<string>();
  const asked = new Set(files);
  for (const batch of batches(files)) {
    const { exitCode, stdout, stderr } = await run(
      formatter,
      [...formatter.list, ...batch.map(asPath)],
      place,
    );
    const told = [
      ...listed(formatter, stdout),
      ...(formatter.name === 'ruff' || formatter.name === 'black' ? listed(formatter, stderr) : []),
    ];
    const differing = told.map((path) => normal(place.root, path)).filter((path) => asked.has(path));
    if (exitCode !== 0 && differing.length === 0) throw broken(formatter, exitCode, stderr || stdout);
    for (const path of differing) found.add(path);
  }
  return [...found].sort();
}

/** Formats the files in place. What it can't read it leaves as it is, and says so by its exit status: looking again tells. */
export async function formatFiles(
  formatter: Formatter,
  files: readonly string[],
  place: FormatPlace,
): Promise<void> {
  for (const batch of batches(files)) await run(formatter, [...formatter.write, ...batch.map(asPath)], place);
}

function listed(formatter: Formatter, output: string): readonly string[] {
  try {
    return formatter.listed(output);
  } catch {
    return [];
  }
}

/** No path becomes an option. */
function asPath(path: string): string {
  return path.startsWith('-') ? `./${path}` : path;
}

function normal(root: string, path: string): string {
  const own = isAbsolute(path) ? relative(root, path) : path;
  return own.replaceAll('\\', '/').replace(/^\.\//, '');
}

function batches(files: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(files.length / AT_ONCE) }, (_, at) =>
    files.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
  );
}

function broken(formatter: Formatter, exitCode: number, output: string): BitError {
  const said = output.split('\n').find((line) => /[A-Za-z]/.test(line)) ?? '';
  return new BitError(
    'failed',
    `${formatter.name} ended with ${exitCode}: ${shorten(printable(said.trim()), 300)}`,
  );
}

async function run(formatter: Formatter, args: readonly string[], { root, env, signal }: FormatPlace) {
  const said = { stdout: '', stderr: '' };
  const given = Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const { exitCode, ended, cause } = await runTree({
    program: formatter.program ?? formatter.name,
    args,
    cwd: root,
    env: { ...Object.fromEntries(given), NO_COLOR: '1' },
    signal,
    timeout: PATIENCE,
    onOutput: (chunk, from) => {
      said[from] += chunk.toString('utf8');
      return said.stdout.length + said.stderr.length > MOST_OUTPUT;
    },
  });
  if (ended === 'aborted') throw new BitError('cancelled', 'interrupted');
  if (ended === 'unstartable')
    throw new BitError('missing-tool', `${formatter.name} could not be started`, { cause });
  if (ended !== 'exit') throw new BitError('failed', `${formatter.name} was ended: ${ended}`);
  return { exitCode, ...said };
}
