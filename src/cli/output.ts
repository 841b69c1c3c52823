import type { Writable } from 'node:stream';
import { jq as runJq } from '../kernel/jq.ts';
import type { Json } from '../kernel/json.ts';
import { maskRemembered } from '../kernel/secrets.ts';
import type { Io } from './io.ts';
import type { Page } from './page.ts';

/** Writes and waits until the bytes left this process; a reader that went away (`| head`) is no failure. */
export function write(stream: Writable, text: string | Uint8Array): Promise<void> {
  if (text.length === 0) return Promise.resolve();
  const shown = typeof text === 'string' ? maskRemembered(text) : text;
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') resolve();
      else reject(error);
    };
    stream.once('error', failed);
    stream.write(shown, (error) => {
      if (error === null || error === undefined) {
        stream.off('error', failed);
        resolve();
      } else failed(error);
    });
  });
}

/** {@link write} to a standard stream, past the stream object where it isn't open yet. */
export function print(io: Io, stream: 'stdout' | 'stderr', text: string | Uint8Array): Promise<void> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const left = io.writeNow?.(stream, bytes) ?? bytes;
  return left.length === 0 ? Promise.resolve() : write(io[stream], left);
}

/** The result as JSON, two spaces on a terminal and one line elsewhere; through `jq` where asked. */
export async function printJson(io: Io, out: Json, jq: string | undefined): Promise<void> {
  if (jq === undefined) {
    await print(io, 'stdout', `${JSON.stringify(out, null, io.stdoutIsTerminal ? 2 : 0)}\n`);
    return;
  }
  await print(io, 'stdout', `${await runJq(out, jq)}\n`);
}

/** A page to stdout, or through the pager where it is longer than the terminal. */
export async function deliver(
  io: Io,
  page: Page,
  options: { readonly paged: boolean; readonly quiet: boolean },
): Promise<void> {
  if (page.bytes !== undefined) {
    await print(io, 'stdout', page.bytes);
    return;
  }
  const text = page.toString();
  if (options.paged && io.stdoutIsTerminal && page.height >= io.height) {
    const { pageThrough } = await import('./pager.ts');
    if (await pageThrough(io, text)) return;
  }
  await print(io, 'stdout', text);
}
