import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { rollbackChildren } from '../history/index.ts';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable } from '../kernel/text.ts';
import { type Effect, type Reader, readOperation, type Writer } from '../operation/index.ts';
import { type Macro, variablesOf } from './macro.ts';
import { parseScript, type ScriptLine } from './parse.ts';

export interface ScriptResult {
  readonly script: string;
  readonly ran: number;
}

export interface ScriptOptions {
  readonly path: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Take everything back when a line fails. */
  readonly atomic: boolean;
}

export interface MacroOptions {
  /** For messages: the file. */
  readonly path: string;
  /** As it is called: `release cut`. */
  readonly name: string;
  readonly text: string;
  readonly macro: Macro;
  /** Values by parameter. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Where it comes from, for policies and the ledger. */
  readonly of: { readonly plugin: string; readonly version: string; readonly integrity: string };
}

/** Runs a `.bit` script; its lines are operations of their own that name this one as parent. */
export async function runScript(reader: Reader, options: ScriptOptions): Promise<Effect<ScriptResult>> {
  const path = resolve(reader.cwd, options.path);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) {
    throw new BitError('not-found', `there is no script ${options.path}`, {
      hint: 'a script is a file with one dotted command a line',
    });
  }
  if (stat.size > 4 * 1024 * 1024) throw new BitError('usage', `${options.path} is too large for a script`);
  const lines = parseScript(options.path, readFileSync(path, 'utf8'), { ...reader.env, ...options.inputs });
  return linesEffect(options, lines, basename(path));
}

/** Runs an installed macro; what it is given was checked by the command line. */
export function runMacro(options: MacroOptions): Effect<ScriptResult> {
  const { path, name, text, macro, given, of } = options;
  const lines = parseScript(path, text, variablesOf(macro, given));
  const effect = linesEffect({ path: name, atomic: macro.atomic }, lines, name);
  return {
    ...effect,
    target: {
      macro: name,
      commands: commandsOf(lines),
      plugin: of.plugin,
      version: of.version,
      integrity: of.integrity,
    },
  };
}

function linesEffect(
  options: Pick<ScriptOptions, 'path' | 'atomic'>,
  lines: readonly ScriptLine[],
  name: string,
): Effect<ScriptResult> {
  const shown = lines.map(({ line, words }) => `${line}: ${maskSecrets(words.join(' '))}`);
  return {
    summary: `run ${name}${options.atomic ? ', all or nothing' : ''}`,
    target: {
      script: options.path,
      commands: commandsOf(lines),
    },
    plan: shown,
    touches: { refs: [] },
    run: (writer) => runLines(writer, options, lines),
    record: (out) => ({ ...out }),
  };
}

/** What policies see of the commands: their names, or what may be them. */
function commandsOf(lines: readonly ScriptLine[]): readonly string[] {
  return lines.map(({ words }) => maskSecrets(words.slice(0, 2).join(' ')));
}

/** Exit status of a line that Ctrl-C came before. */
const INTERRUPTED = 130;

async function runLines(
  writer: Writer,
  options: Pick<ScriptOptions, 'path' | 'atomic'>,
  lines: readonly ScriptLine[],
): Promise<ScriptResult> {
  refuseDeep(writer, options);
  for (const [ran, { line, words }] of lines.entries()) {
    const exit = writer.signal.aborted ? INTERRUPTED : await writer.runBit(words);
    if (exit === 0) continue;
    const at = `${options.path}:${line}`;
    const interrupted = writer.signal.aborted;
    const code = interrupted ? 'cancelled' : 'failed';
    const what = interrupted
      ? `interrupted at ${at}`
      : `${at}: ${maskSecrets(words.join(' '))} ended with ${exit}`;
    const details = { line, exit, ran };
    if (!options.atomic) {
      throw new BitError(code, what, {
        hint: `what ran before it stands (${ran} of ${lines.length}); undo it with: bit undo, or run with --atomic`,
        details,
      });
    }
    const undone = await rollbackChildren(writer);
    const left = undone.left.length === 0 ? '' : `; this stays: ${undone.left.join('; ')}`;
    throw new BitError(code, `${what}; everything before it was taken back${left}`, { details });
  }
  return { script: options.path, ran: lines.length };
}

/** Operations inside operations; a script that runs itself ends here. */
const DEEPEST = 4;

function refuseDeep(writer: Writer, options: Pick<ScriptOptions, 'path'>): void {
  let depth = 0;
  for (let op: string | null = writer.operation; op !== null; depth++) {
    if (depth > DEEPEST) {
      throw new BitError(
        'failed',
        `${printable(options.path)}: scripts run scripts more than ${DEEPEST} deep`,
        {
          hint: 'does it run itself?',
        },
      );
    }
    op = readOperation(writer.ledger, op)?.parent ?? null;
  }
}
