/** A job as it goes, written to standard output as it comes. */
import { once } from 'node:events';
import { printable } from '../../kernel/text.ts';
import type { Reader } from '../../operation/index.ts';
import type { JobNews, JobRow, MeshClient } from './index.ts';

export interface FollowOptions {
  readonly job: string;
  /** Its output, beside its states. */
  readonly logs: boolean;
  /** Output alone, as it was, for pipes. */
  readonly raw?: boolean;
  /** End with what there is by now. */
  readonly soFar?: boolean;
  /** Output of this lease; default the latest. */
  readonly fence?: number;
}

/** Follows until it ended, or Ctrl-C, or nobody reads any more; with --json an object a line. Its row at the end. */
export async function followJob(
  reader: Pick<Reader, 'signal' | 'streams'>,
  mesh: MeshClient,
  { job, logs, raw = false, soFar = false, fence }: FollowOptions,
): Promise<JobRow> {
  const { signal, streams } = reader;
  const { output, free } = streams;
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  output.on('error', leave).on('close', leave);
  const ending = AbortSignal.any([signal, gone.signal]);
  const form = !free ? lineOf : raw ? outputOf : shownOf();
  try {
    for await (const news of mesh.watch(job, {
      logs,
      soFar,
      signal: ending,
      ...(fence === undefined ? {} : { fence }),
    })) {
      const text = form(news);
      if (text === '' || ending.aborted || output.write(text)) continue;
      await once(output, 'drain', { signal: ending }).catch(() => undefined);
    }
  } finally {
    output.off('error', leave).off('close', leave);
  }
  return mesh.job(job);
}

function lineOf(news: JobNews): string {
  return `${JSON.stringify(news)}\n`;
}

function outputOf(news: JobNews): string {
  return news.kind === 'log' && news.stream !== 'event' ? printable(news.data, { multiline: true }) : '';
}

/** Output as it is; a state on a line of its own, once. */
function shownOf(): (news: JobNews) => string {
  let last = '';
  let whole = true;
  const alone = (text: string): string => {
    const line = `${whole ? '' : '\n'}-- ${printable(text)}\n`;
    whole = true;
    return line;
  };
  return (news) => {
    if (news.kind === 'log') {
      const text = printable(news.data, { multiline: true });
      if (text === '') return '';
      if (news.stream === 'event') return alone(news.data.trim());
      whole = text.endsWith('\n');
      return text;
    }
    const by = news.runner_id === undefined ? '' : ` on ${news.runner_id}`;
    const why = news.reason === undefined ? '' : `: ${news.reason}`;
    const line = `${news.state}${by}${why}`;
    if (line === last) return '';
    last = line;
    return alone(line);
  };
}
