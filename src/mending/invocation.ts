import { posix } from 'node:path';
import { cleanPath } from './fixers/evidence.ts';
import type { Bench, FailedStep } from './model.ts';
import { bare, quoted, shellCommands } from './shell-text.ts';

/** A program that a failed step ran, and how to run it again with other arguments. */
export interface Invocation {
  /** Without folders and endings: `prettier`, `cargo`. */
  readonly program: string;
  /** As they stand in the script. */
  readonly arguments: readonly string[];
  /** Folder it ran in, relative to the tree; `.` for its root. */
  readonly folder: string;
  /** The script that runs it with these arguments instead. */
  again(words: readonly string[]): string;
}

const MOST_LINES = 4000;
/** Words before a program that run it: how many of them there are at least. */
const RUNNERS: readonly (readonly string[])[] = [
  ['npx'],
  ['bunx'],
  ['uvx'],
  ['npm', 'exec'],
  ['pnpm', 'exec'],
  ['pnpm', 'dlx'],
  ['yarn', 'exec'],
  ['yarn', 'dlx'],
  ['yarn', 'run'],
  ['yarn'],
  ['pnpm'],
  ['poetry', 'run'],
  ['pipenv', 'run'],
  ['uv', 'run'],
  ['bundle', 'exec'],
  ['python', '-m'],
  ['python3', '-m'],
  ['sudo'],
  ['env'],
  ['exec'],
  ['command'],
];
const RUNS_SCRIPTS = new Set(['run', 'test', 'install', 'add', 'start', 'build', 'ci']);

/**
 * What a step ran, as far as its script and its log tell: the script's own commands, those that npm, pnpm, yarn and
 * `set -x` echo, and what make prints.
 */
export async function invocationsOf(failure: FailedStep, bench: Bench): Promise<readonly Invocation[]> {
  const found = scriptInvocations(failure.command ?? '', failure.workingDirectory);
  const makes = found.some(({ program }) => /^(?:make|gmake|just|task)$/.test(program));
  let folder = failure.workingDirectory;
  const seen = new Set<string>();
  for (const line of failure.log.split('\n', MOST_LINES)) {
    if (line.length > 2000 || seen.has(line)) continue;
    seen.add(line);
    const header = /^> (@?[^\s@]{1,200})@\S{0,60} \S{1,100}(?: (\/\S{1,500}))?$/.exec(line);
    if (header !== null) {
      folder = (await folderOf(header[1] ?? '', bench)) ?? failure.workingDirectory;
      continue;
    }
    const echoed = /^(?:> |\$ |\++ )(\S.*)$/.exec(line)?.[1] ?? (makes ? line : undefined);
    if (echoed !== undefined) found.push(...scriptInvocations(echoed, folder));
  }
  return found;
}

/** Where the package of that name is, by the tree's package.json. */
async function folderOf(name: string, bench: Bench): Promise<string | undefined> {
  for (const path of (await bench.list(['package.json', '**/package.json'])).slice(0, 200)) {
    const text = (await bench.read(path))?.toString('utf8') ?? '';
    if (text.length < 1 << 20 && text.includes(`"name": "${name}"`)) return posix.dirname(path);
  }
  return undefined;
}

export function scriptInvocations(script: string, start: string): Invocation[] {
  let folder = start;
  const found: Invocation[] = [];
  for (const { words, feed } of shellCommands(script)) {
    const [first = '', second = ''] = words;
    if (first === 'cd') {
      const named = cleanPath(posix.join(folder, bare(second)));
      folder = named ?? (bare(second) === '..' ? posix.dirname(folder) : folder);
      continue;
    }
    const at = programAt(words);
    const program = nameOf(words[at] ?? '');
    if (program === '') continue;
    const before = words.slice(0, at + 1).join(' ');
    // of a pipe only xargs makes arguments
    const piped = first === 'xargs' ? feed : '';
    found.push({
      program,
      arguments: words.slice(at + 1),
      folder,
      again: (next) => `${piped}${[before, ...next].join(' ')}`,
    });
  }
  return found;
}

function programAt(words: readonly string[]): number {
  let at = 0;
  for (let turn = 0; turn < 4; turn++) {
    const rest = words.slice(at).map(bare);
    // an interpreter by its path is that interpreter
    if (/^\/\S*\/python3?$/.test(rest[0] ?? '')) rest[0] = posix.basename(rest[0] ?? '');
    const runner = RUNNERS.find((one) => one.every((word, index) => rest[index] === word));
    if (runner !== undefined && !(runner.length === 1 && RUNS_SCRIPTS.has(rest[1] ?? '')))
      at += runner.length;
    else if (rest[0] === 'xargs') at += 1;
    else return at;
    while (/^-/.test(words[at] ?? '') || /^[A-Za-z_]\w*=/.test(words[at] ?? '')) {
      // of xargs and npx a few options take a word of their own
      at += /^(?:-[nPILsd]|-p|--package)$/.test(words[at] ?? '') ? 2 : 1;
    }
  }
  return at;
}

function nameOf(word: string): string {
  return posix.basename(bare(word)).replace(/\.(?:cmd|exe|js|cjs|mjs)$/, '');
}

/** Words for {@link Bench.tool} that run a script in a folder of the tree. */
export function inFolder(folder: string, script: string): readonly string[] {
  return ['sh', '-c', folder === '.' ? script : `cd ${quoted(folder)} && ${script}`];
}
