import { Command } from '@oclif/core';
import { type Context, openContext } from './context.ts';
import { toBitError } from './failure.ts';
import { host } from './host.ts';
import type { Io } from './io.ts';

/**
 * Base of what git itself starts in the middle of an operation and talks to over stdin and stdout (filters). It
 * speaks a protocol instead of printing a result, and is neither gated nor recorded: the operation it is part of is.
 */
export abstract class Plumbing extends Command {
  static override hidden = true;
  static override enableJsonFlag = false;

  protected abstract serve(context: Context, io: Io): Promise<void>;

  override async run(): Promise<void> {
    const { io } = host();
    try {
      const context = await openContext({
        io,
        globals: {},
        signal: new AbortController().signal,
        parent: undefined,
      });
      try {
        await this.serve(context, io);
      } finally {
        context.close();
      }
    } catch (thrown) {
      const error = toBitError(thrown);
      io.stderr.write(`bit: ${error.message}\n`);
      io.setExitCode(error.exitCode);
    }
  }
}
