import type { Writer } from '../operation/index.ts';

/** Fetches what a remote's configuration says, with progress. */
export async function fetchRemote(
  writer: Writer,
  remote: string,
  shown: string,
  refspecs: readonly string[] = [],
): Promise<void> {
  const progress = writer.progress(`fetch ${shown}`);
  try {
    await writer.git.fetch(remote, {
      refspecs,
      signal: writer.signal,
      onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
    });
  } finally {
    progress.end();
  }
}
