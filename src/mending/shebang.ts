import type { Bench, Change, Evidence } from './model.ts';

/** A program's first line put right, and what was wrong with it. */
export interface MendedProgram {
  readonly cause: string;
  readonly change: Change;
  readonly evidence: Evidence;
  readonly confidence: number;
}

/** Interpreters by a program's ending. */
const BY_ENDING: Readonly<Record<string, string>> = {
  bash: 'bash',
  cjs: 'node',
  js: 'node',
  mjs: 'node',
  pl: 'perl',
  py: 'python3',
  rb: 'ruby',
  sh: 'sh',
  zsh: 'zsh',
};

const OTHERS: Readonly<Record<string, readonly string[]>> = {
  nodejs: ['node'],
  python: ['python3'],
  python2: ['python3'],
  'python2.7': ['python3'],
};

const FIRST = /^#![ \t]{0,8}(?<path>\/[^\s\r]{1,200})(?<rest>[^\r\n]{0,200})\r?$/;

/**
 * What keeps a program of the tree from being started by its first line: carriage returns, an interpreter that isn't
 * where it says, none at all. `bash`: also where it is a POSIX shell's and the program isn't.
 */
export async function mendProgram(
  path: string,
  bench: Bench,
  options: { readonly bash?: boolean } = {},
): Promise<readonly MendedProgram[]> {
  const bytes = await bench.read(path);
  const mode = await bench.mode(path);
  if (bytes === undefined || mode === undefined || mode === '120000' || bytes.length > 4 << 20) return [];
  // bytes stay what they are, whatever they encode
  const text = bytes.toString('latin1');
  const end = text.indexOf('\n');
  const first = (end < 0 ? text : text.slice(0, end)).slice(0, 500);
  const rest = end < 0 ? '' : text.slice(end);
  const change = (put: string): Change => ({ path, content: Buffer.from(put, 'latin1'), mode });
  const evidence: Evidence = { file: path, line: 1, text: JSON.stringify(first).slice(1, 121) };
  const { path: program, rest: words = '' } = FIRST.exec(first)?.groups ?? {};
  if (program === undefined) return first.startsWith('#!') ? [] : unnamed(path, text, change);
  const found: MendedProgram[] = [];
  if (first.endsWith('\r')) {
    const cause = `${path} has carriage returns, which belong to its interpreter's name`;
    found.push({ cause, change: change(text.replaceAll('\r\n', '\n')), evidence, confidence: 0.95 });
    return found;
  }
  const wanted =
    (program.endsWith('/env')
      ? words
          .trim()
          .split(/\s+/)
          .find((word) => !word.startsWith('-'))
      : program.split('/').at(-1)) ?? '';
  const options_ = program.endsWith('/env') ? words.trim().split(/\s+/).slice(1).join(' ') : words.trim();
  if (!/^[\w.+-]{1,60}$/.test(wanted)) return found;
  if (options.bash === true && /^(?:sh|dash|ash)$/.test(wanted)) {
    const put = `#!/usr/bin/env bash${options_ === '' ? '' : `\nset ${options_}`}${rest}`;
    found.push({
      ...{
        cause: `${path} is written for bash, and its first line names ${wanted}`,
        change: change(put),
        evidence,
      },
      confidence: 0.85,
    });
    return found;
  }
  if (await isThere(program.endsWith('/env') ? wanted : program, bench)) return found;
  for (const other of [wanted, ...(OTHERS[wanted] ?? [])]) {
    if (program.endsWith('/env') && other === wanted) continue;
    if (!(await isThere(other, bench))) continue;
    const plain = options_ === '' ? `#!/usr/bin/env ${other}` : `#!/usr/bin/env -S ${other} ${options_}`;
    found.push({
      ...{
        cause: `${path} names the interpreter ${program.endsWith('/env') ? wanted : program}, and there is none`,
        change: change(plain + rest),
        evidence,
      },
      confidence: other === wanted ? 0.9 : 0.75,
    });
    break;
  }
  return found;
}

/** A program that names nobody is run by the shell that called it, whatever it is written in. */
function unnamed(path: string, text: string, change: (put: string) => Change): readonly MendedProgram[] {
  const ending = /\.([a-z]{2,4})$/.exec(path)?.[1] ?? '';
  const interpreter = BY_ENDING[ending];
  if (interpreter === undefined || text.includes('\0')) return [];
  return [
    {
      cause: `${path} doesn't say in its first line that ${interpreter} runs it`,
      change: change(`#!/usr/bin/env ${interpreter}\n${text}`),
      evidence: {
        file: path,
        line: 1,
        text: text.slice(0, text.indexOf('\n') < 0 ? 80 : Math.min(80, text.indexOf('\n'))),
      },
      confidence: 0.8,
    },
  ];
}

async function isThere(program: string, bench: Bench): Promise<boolean> {
  const { status } = await bench.tool(['sh', '-c', 'command -v "$1"', 'sh', program], { seconds: 20 });
  return status === 0;
}
