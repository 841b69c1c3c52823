import type { Paper } from '../kernel/paper.ts';
import type { BuildResult, BuiltTarget } from './model.ts';

const WORDS = {
  ran: 'built',
  restored: 'restored',
  unchanged: 'unchanged',
  failed: 'failed',
  skipped: 'skipped',
};

/** One line a target, what was left alone, and the sum. */
export function renderBuild(out: BuildResult, page: Paper): void {
  const { style } = page;
  const colour = {
    ran: style.green,
    restored: style.cyan,
    unchanged: style.dim,
    failed: style.red,
    skipped: style.yellow,
  };
  page.table(
    out.targets.map((target) => [
      colour[target.state](WORDS[target.state]),
      page.safe(target.id),
      duration(target.milliseconds),
      style.dim(page.safe(note(target))),
    ]),
  );
  for (const { path, why } of out.left) page.line(style.dim(`${page.safe(path)}: ${page.safe(why)}`));
  const counts = Object.entries(WORDS).flatMap(([state, word]) => {
    const n = out.targets.filter((target) => target.state === state).length;
    return n === 0 ? [] : [`${n} ${word}`];
  });
  page.line(`${counts.join(', ') || 'nothing to build'} in ${duration(out.milliseconds)}`);
  if (out.unkept !== undefined) page.line(style.yellow(`can't be rolled back: ${page.safe(out.unkept)}`));
}

function note({ state, reason, uncached }: BuiltTarget): string {
  const why = state === 'ran' || state === 'failed' || state === 'skipped' ? reason : '';
  return uncached === undefined ? why : `${why}; not kept: ${uncached}`;
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
