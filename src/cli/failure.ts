import { BitError, fromErrno } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';

/** Every failure as a {@link BitError}: oclif's parse errors are usage, anything unknown is a bug of ours. */
export function toBitError(error: unknown, topic?: string): BitError {
  const mapped = fromErrno(error, 'bit');
  if (mapped instanceof BitError) return mapped;
  const oclif = error as { name?: string; message?: string; oclif?: { exit?: number }; parse?: unknown };
  if (oclif?.parse !== undefined || oclif?.oclif?.exit === 2) return usageError(String(oclif.message), topic);
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

/** oclif's message without its "See more help" tail. */
function usageError(message: string, topic: string | undefined): BitError {
  const text = message.replace(/\n?See more help with --help\s*$/, '').trim();
  return new BitError('usage', printable(shorten(text, 600), { multiline: true }), {
    hint:
      topic !== undefined && ALSO_GITS.has(topic) && text.startsWith('Nonexistent flag')
        ? `see the flags and examples with --help; git's own flags: bit git ${topic} …`
        : 'see the flags and examples with --help',
  });
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
