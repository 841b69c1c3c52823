import { failureJson, failureText, toBitError } from './failure.ts';
import { type Io, wantsColour } from './io.ts';
import { print, printJson } from './output.ts';
import { Page } from './page.ts';

/** Tells of a failure, as text on stderr or under `--json` on stdout, and sets the exit status. */
export async function reportFailure(io: Io, thrown: unknown, json: boolean, command?: string): Promise<void> {
  const error = toBitError(thrown, command);
  io.setExitCode(error.exitCode);
  const { rememberFailure } = await import('./last-failure.ts');
  rememberFailure(io, error);
  if (json) {
    await printJson(io, failureJson(error), undefined);
    return;
  }
  const page = new Page({ colour: wantsColour(io, 'stderr'), width: io.width });
  await print(io, 'stderr', failureText(error, page.style, io.env['BIT_DEBUG'] === '1'));
}

/** Whether a command line asks for JSON, for failures met before it could be parsed. */
export function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const flags = end < 0 ? words : words.slice(0, end);
  return flags.some((word) => word === '--json' || word === '--jq' || word.startsWith('--jq='));
}
