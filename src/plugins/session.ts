/** A plugin's process that answers several calls of what the plugin brings at a point, until it is closed. */
import { BitError, isBitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Channel } from './channel.ts';
import type { Point } from './points/names.ts';
import type { Tool } from './points/point.ts';
import { runSandboxed, type SandboxOptions } from './sandbox.ts';

/** What the process is asked first. */
export interface ServeTask {
  readonly kind: 'serve';
  readonly plugin: string;
  readonly directory: string;
  readonly point: Point;
  /** Absolute. */
  readonly file: string;
}

export interface Session {
  /** Calls one of what the module brings; `answer` is what it may ask of the host meanwhile. */
  call(
    name: string,
    method: string,
    args: readonly unknown[],
    options: { readonly answer: Tool; readonly signal: AbortSignal },
  ): Promise<unknown>;
  /** Ends it; what it had printed. */
  close(): Promise<{ readonly stdout: string; readonly stderr: string }>;
}

export function openSandboxedSession(
  options: Pick<SandboxOptions, 'name' | 'program' | 'directory' | 'env' | 'signal' | 'limits'> & {
    readonly task: ServeTask;
  },
): Session {
  const { task, ...given } = options;
  const ended = new AbortController();
  const there = Promise.withResolvers<Channel>();
  const leave = Promise.withResolvers<void>();
  const answers = new Map<number, Tool>();
  let next = 1;
  const run = runSandboxed({
    ...given,
    signal: AbortSignal.any([given.signal, ended.signal]),
    task: () => task,
    async answer(method, args, child) {
      if (method === 'serving') {
        there.resolve(child);
        // unanswered until it is over: it is we who ask, so its silence is no fault of its own
        await leave.promise;
        return undefined;
      }
      const [id, what, ...rest] = args;
      const answer = method === 'tool' ? answers.get(Number(id)) : undefined;
      if (answer === undefined)
        throw new BitError('denied', `${printable(shorten(method))} is not for a plugin here`);
      return answer(String(what), ...rest);
    },
  });
  const broken = run.then(() => Promise.reject(new BitError('failed', `${given.name} has ended`)));
  broken.catch(() => undefined);
  there.promise.catch(() => undefined);
  run.catch((error: unknown) => there.reject(error));
  return {
    async call(name, method, args, { answer, signal }) {
      signal.throwIfAborted();
      const stop = (): void => ended.abort();
      signal.addEventListener('abort', stop, { once: true });
      const id = next++;
      answers.set(id, answer);
      try {
        const child = await Promise.race([there.promise, broken]);
        return await Promise.race([child.call('invoke', id, name, method, args), broken]);
      } catch (error) {
        // why a process ended is known a moment after its channel closed
        if (isBitError(error) && error.details['ended'] === true) await broken;
        throw error;
      } finally {
        answers.delete(id);
        signal.removeEventListener('abort', stop);
      }
    },
    async close() {
      leave.resolve();
      const { stdout, stderr } = await run;
      return { stdout, stderr };
    },
  };
}
