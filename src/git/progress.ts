import { printable } from '../kernel/text.ts';
import type { ProgressEvent } from './index.ts';

/** A progress line longer than this is none. */
const MAX_LINE = 512;

/**
 * Feeds on git's stderr and reports its progress lines: `Receiving objects:  45% (9/20), 1.2 MiB | …` and
 * `remote: Enumerating objects: 12, done.` Chunks may end anywhere.
 */
export function progressParser(report: (event: ProgressEvent) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString('latin1')).split(/[\r\n]/);
    rest = (lines.pop() ?? '').slice(-MAX_LINE);
    for (const line of lines) {
      const event = parseProgress(line.slice(0, MAX_LINE));
      if (event !== undefined) report(event);
    }
  };
}

export function parseProgress(line: string): ProgressEvent | undefined {
  const match =
    /^(?:remote: )?([A-Za-z][A-Za-z -]{0,60}):\s+(?:\d+% \((\d+)\/(\d+)\)|(\d+)(?:, done\.?)?(?=\s|$))/.exec(
      line,
    );
  if (match === null) return undefined;
  const [, stage = '', done, total, count] = match;
  return {
    stage: printable(stage),
    done: Number(done ?? count),
    total: total === undefined ? undefined : Number(total),
  };
}
