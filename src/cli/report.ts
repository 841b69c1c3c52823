import type { BitError } from '../kernel/errors.ts';
import { maskRemembered } from '../kernel/secrets.ts';
import { failureJson, failureText, toBitError } from './failure.ts';
import { type Io, wantsColour } from './io.ts';
import { print } from './output.ts';
import { Page } from './page.ts';

/** Tells of a failure, as text on stderr or under `--json` on stdout, and sets the exit status. */
export async function reportFailure(io: Io, thrown: unknown, json: boolean, command?: string): Promise<void> {
  const error = toBitError(thrown, command);
  io.setExitCode(error.exitCode);
  const { rememberFailure } = await import('./last-failure.ts');
  rememberFailure(io, error);
  await print(io, streamFor(json), told(io, error, json));
}

/** {@link reportFailure} of what nobody caught, before the process ends: nothing of it waits. */
export function reportUncaught(io: Io, thrown: unknown): void {
  const error = toBitError(thrown);
  io.setExitCode(error.exitCode);
  const json = asksForJson(io.argv);
  const bytes = Buffer.from(told(io, error, json));
  const left = io.writeNow?.(streamFor(json), bytes) ?? bytes;
  if (left.length > 0) io[streamFor(json)].write(left);
}

const streamFor = (json: boolean): 'stdout' | 'stderr' => (json ? 'stdout' : 'stderr');

function told(io: Io, error: BitError, json: boolean): string {
  const { style } = new Page({ colour: wantsColour(io, 'stderr'), width: io.width });
  const text = json
    ? `${JSON.stringify(failureJson(error), null, io.stdoutIsTerminal ? 2 : 0)}\n`
    : failureText(error, style, io.env['BIT_DEBUG'] === '1');
  return maskRemembered(text);
}

/** Whether a command line asks for JSON, for failures met before it could be parsed. */
export function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const flags = end < 0 ? words : words.slice(0, end);
  return flags.some((word) => word === '--json' || word === '--jq' || word.startsWith('--jq='));
}
