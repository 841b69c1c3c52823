import { BitError, isBitError } from '../kernel/errors.ts';
import { runTree } from '../kernel/process-tree.ts';
import { printable, shorten } from '../kernel/text.ts';
import { parseText } from '../lang/index.ts';
import type { Reader } from '../operation/index.ts';
import { parseScript } from '../script/index.ts';
import { type Need, needOf } from './capabilities.ts';
import type { ScriptLanguage } from './model.ts';
import { commandsIn } from './script-commands.ts';

export interface ScriptFault {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A `bit` command a script names; `need` null where it is none, or is made while the script runs. */
export interface NamedCommand {
  readonly line: number;
  readonly words: readonly string[];
  readonly need: Need | null;
}

export interface CheckedScript {
  readonly language: ScriptLanguage;
  /** It can't run while there are any. */
  readonly faults: readonly ScriptFault[];
  readonly warnings: readonly ScriptFault[];
  readonly commands: readonly NamedCommand[];
}

const SECONDS = 20;
const MOST_OUTPUT = 64 * 1024;

/** Whether a script parses, by its own language's parser, and which `bit` commands it names. Nothing of it runs. */
export async function checkScript(
  reader: Pick<Reader, 'env' | 'cwd' | 'signal'>,
  script: { readonly path: string; readonly text: string; readonly language: ScriptLanguage },
): Promise<CheckedScript> {
  const { path, text, language } = script;
  const { faults, warnings, tree } = await parsed(reader, script);
  const commands = (faults.length > 0 ? [] : commandsIn(language, { path, text, tree })).map(
    ({ line, words }): NamedCommand => ({ line, words, need: needOf(words) ?? null }),
  );
  return { language, faults, warnings, commands };
}

/** @throws BitError `usage` with every fault of a script that can't run */
export function refuseFaults(path: string, { faults }: CheckedScript): void {
  const [first] = faults;
  if (first === undefined) return;
  const told = faults
    .slice(0, 20)
    .map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`);
  const message =
    faults.length === 1 ? `${told[0]}` : [`${path} has ${faults.length} faults:`, ...told].join('\n');
  throw new BitError('usage', printable(message, { multiline: true }), {
    details: { path, line: first.line, column: first.column, faults },
  });
}

type Parsed = Pick<CheckedScript, 'faults' | 'warnings'> & {
  readonly tree?: ReturnType<typeof parseText>['tree'];
};

async function parsed(
  reader: Pick<Reader, 'env' | 'cwd' | 'signal'>,
  {
    path,
    text,
    language,
  }: { readonly path: string; readonly text: string; readonly language: ScriptLanguage },
): Promise<Parsed> {
  switch (language) {
    case 'aln':
    case 'lisp':
    case 'batch': {
      const { diagnostics, tree } = parseText(text, path, { language, tree: true, format: false });
      const of = (severity: 'error' | 'warning') => diagnostics.filter((one) => one.severity === severity);
      return { faults: of('error'), warnings: of('warning'), ...(tree === undefined ? {} : { tree }) };
    }
    case 'bit':
      return { faults: bitFaults(path, text), warnings: [] };
    case 'javascript': {
      const type = path.endsWith('.cjs') ? 'commonjs' : 'module';
      const args = ['--check', `--input-type=${type}`, '-'];
      return { faults: await checkedBy(reader, { program: process.execPath, args, text }), warnings: [] };
    }
    case 'shell': {
      const program = /^#!.*\bbash\b/.test(text) || path.endsWith('.bash') ? 'bash' : 'sh';
      return { faults: await checkedBy(reader, { program, args: ['-n'], text }), warnings: [] };
    }
  }
}

/** Variables are set when it runs: any name does. */
function bitFaults(path: string, text: string): readonly ScriptFault[] {
  const names = [...text.matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)].map(
    ([, name = '']) => [name, 'x'] as const,
  );
  try {
    parseScript(path, text, Object.fromEntries(names));
    return [];
  } catch (error) {
    if (!isBitError(error)) throw error;
    const { line, column } = error.details;
    const message = error.message.replace(/^.*?:\d+:\d+: /, '');
    return [{ line: Number(line ?? 1), column: Number(column ?? 1), message }];
  }
}

interface Checker {
  readonly program: string;
  readonly args: readonly string[];
  readonly text: string;
}

/** What reads a text from standard input and only says whether it parses. */
async function checkedBy(
  { env, cwd, signal }: Pick<Reader, 'env' | 'cwd' | 'signal'>,
  { program, args, text }: Checker,
): Promise<readonly ScriptFault[]> {
  let said = '';
  const { exitCode, ended } = await runTree({
    program,
    args,
    cwd,
    env: { PATH: env['PATH'] ?? '', LC_ALL: 'C' },
    input: text,
    signal,
    timeout: SECONDS * 1000,
    onOutput: (chunk) => {
      said += chunk.toString('utf8');
      return said.length > MOST_OUTPUT;
    },
  });
  if (ended === 'unstartable')
    throw new BitError('missing-tool', `${program} is needed to check this script`, {
      hint: `install ${program}`,
    });
  if (ended === 'aborted') throw new BitError('cancelled', 'interrupted');
  if (exitCode === 0) return [];
  const line = Number(/(?:^\[stdin\]:|line |^\w+: )(\d+)/m.exec(said)?.[1] ?? 1);
  const why =
    /^(?:\w*Error: .*)$/m.exec(said)?.[0] ?? /(?:line )?\d+: (.*)$/m.exec(said)?.[1] ?? said.split('\n')[0];
  return [{ line, column: 1, message: shorten(printable(why ?? 'it does not parse'), 200) }];
}
