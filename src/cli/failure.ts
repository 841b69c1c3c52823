import { BitError, fromErrno } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';

/** Every failure as a {@link BitError}: oclif's parse errors are usage of `command` (`branch.new`), anything unknown a bug of ours. */
export function toBitError(error: unknown, command?: string): BitError {
  const mapped = fromErrno(error, 'bit');
  if (mapped instanceof BitError) return mapped;
  const oclif = error as { name?: string; message?: string; oclif?: { exit?: number }; parse?: unknown };
  if (oclif?.parse !== undefined || oclif?.oclif?.exit === 2) return usageError(error as ParseError, command);
  if (error instanceof Error && error.name === 'AbortPromptError')
    return new BitError('cancelled', 'interrupted');
  if (error instanceof Error && error.name === 'ExitPromptError')
    return new BitError('cancelled', 'interrupted');
  const message = error instanceof Error ? error.message : String(error);
  return new BitError('internal', `internal error: ${shorten(maskSecrets(message), 400)}`, {
    cause: error,
    hint: 'this is a bug in bit; BIT_DEBUG=1 shows where. Please report it',
  });
}

/** Commands that git has too, with flags of its own. */
const ALSO_GITS: ReadonlySet<string> = new Set(
  'archive branch clone commit diff init log merge pull push restore revert status tag'.split(' '),
);

/** What oclif hangs on its parse errors, as far as it is used here. */
interface ParseError {
  readonly message?: string;
  /** Missing arguments, each with its name; or surplus words. */
  readonly args?: readonly (string | { readonly name: string; readonly description?: string })[];
  /** Flags nobody declared. */
  readonly flags?: readonly string[];
  readonly parse?: { readonly input?: { readonly flags?: object } };
}

/** Of a command (`branch.new`), or of whatever it is. */
export function helpHint(command: string | undefined): string {
  const help = command === undefined ? 'with --help' : `with: bit ${command.replaceAll('.', ' ')} --help`;
  return `see the flags and examples ${help}`;
}

function usageError(error: ParseError, command: string | undefined): BitError {
  const name = command?.replaceAll('.', ' ');
  const text = printable(shorten(wordsOf(error), 600), { multiline: true });
  const topic = name?.split(' ')[0];
  const gits = error.flags !== undefined && topic !== undefined && ALSO_GITS.has(topic);
  return new BitError('usage', text, {
    hint: `${helpHint(command)}${gits ? `; git's own flags: bit git ${topic} …` : ''}`,
  });
}

function wordsOf({ message = '', args = [], flags, parse }: ParseError): string {
  const missing = args.filter((arg) => typeof arg === 'object');
  if (missing.length > 0) {
    const named = missing.map(
      ({ name, description }) => `${name.toUpperCase()} (${description ?? 'required'})`,
    );
    return `missing argument${named.length === 1 ? '' : 's'}: ${named.join(', ')}`;
  }
  if (args.length > 0) return `unexpected argument${args.length === 1 ? '' : 's'}: ${args.join(' ')}`;
  if (flags !== undefined) {
    const known = Object.keys(parse?.input?.flags ?? {}).map((flag) => `--${flag}`);
    const near = flags.flatMap((flag) => (flag.startsWith('--') ? nearest(flag, known) : [])).slice(0, 3);
    const meant = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
    return `there is no flag ${flags.join(', ')} here${meant}`;
  }
  return message
    .replace(/\n?See more help with --help\s*$/, '')
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/^Missing required flag /gm, 'missing flag --')
    .replace(/^Expected (\S+) to be one of: /, (_, word: string) => `${word} is none of: `)
    .replace(/^Parsing (\S+)\s+Expected/, '$1: expected')
    .replace(/^\s+/gm, '')
    .trim();
}

/** The stable `--json` shape of a failure. */
export function failureJson(error: BitError): JsonObject {
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      exit: error.exitCode,
      details: JSON.parse(JSON.stringify(error.details)) as JsonObject,
    },
  };
}

/** Characters of a message on a terminal; what a hostile argument makes of it stays readable. */
const LONGEST = 4000;

export function failureText(
  error: BitError,
  style: { red(text: string): string; dim(text: string): string },
  debug: boolean,
): string {
  const message = shorten(error.message, LONGEST);
  const lines = [`${style.red('error:')} ${printable(message, { multiline: true })}`];
  if (error.hint !== undefined)
    lines.push(`${style.dim('hint:')} ${printable(error.hint, { multiline: true })}`);
  if (debug) {
    const cause = error.cause instanceof Error ? error.cause : error;
    lines.push(maskSecrets(cause.stack ?? ''));
  }
  return `${lines.join('\n')}\n`;
}
