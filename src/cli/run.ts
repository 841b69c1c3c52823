import { join } from 'node:path';
import { ULID_PATTERN } from '../kernel/ids.ts';
import { openMarkers } from '../ledger/index.ts';
import type { Globals } from './command.ts';
import { type Context, openContext } from './context.ts';
import { host } from './host.ts';
import type { Io } from './io.ts';
import { count } from './page.ts';

export interface Run {
  readonly context: Context;
  end(): void;
}

/** Opens the context of one command: Ctrl-C becomes an abort signal, and operations that died are pointed out. */
export async function openRun(io: Io, globals: Globals, command: string): Promise<Run> {
  const { parent, context: given, installation } = host();
  // made by whoever asks for it: Node loads the class at its first use (1 ms)
  let made: AbortController | undefined;
  const abort = (): AbortController => {
    made ??= new AbortController();
    return made;
  };
  const stop = io.onInterrupt(() => abort().abort());
  const context = await (given ?? openContext)({
    io,
    globals,
    get signal() {
      return abort().signal;
    },
    parent: parent ?? enclosing(io, 'BIT_OPERATION'),
    run: enclosing(io, 'BIT_RUN_OPERATION'),
    build: installation?.build,
  });
  if (parent === undefined && command !== 'repair' && !command.startsWith('repair.'))
    noticeOpenOperations(context);
  let ended = false;
  return {
    context,
    end() {
      if (ended) return;
      ended = true;
      stop();
      context.close();
    },
  };
}

/** An action that died in the middle leaves an open intent; the next `bit` says so in one line. */
function noticeOpenOperations(context: Context): void {
  // where a marker is another machine's, nobody here can tell: that is no news at every command
  const markers = openMarkers(join(context.reader.stateDirectory, 'ledger'));
  const dead = markers.filter((marker) => marker.running === false);
  if (dead.length === 0) return;
  context.reader.notice(`note: ${count(dead.length, 'operation')} did not finish; settle with: bit repair`);
}

/** The operation that started this process (a script's line, a git hook), by its environment. */
function enclosing(io: Io, name: string): string | undefined {
  const operation = io.env[name];
  return operation !== undefined && ULID_PATTERN.test(operation) ? operation : undefined;
}
