import type { Paper } from '../../kernel/paper.ts';
import { printable } from '../../kernel/text.ts';
import type { JobRow } from './index.ts';
import { renderJobs } from './rows.ts';

const same = (text: string): string => text;

/** Lines of text without styles, for what is written while a command runs. */
export function plainPaper(): Paper & {
  jobs(jobs: readonly JobRow[], now: Date): void;
  text(): string;
} {
  const lines: string[] = [];
  const paper: Paper = {
    style: { red: same, green: same, yellow: same, cyan: same, magenta: same, bold: same, dim: same },
    line: (text = '') => void lines.push(text),
    safe: printable,
    table(rows) {
      const widths: number[] = [];
      for (const row of rows)
        for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
      for (const row of rows)
        lines.push(
          row
            .map((cell, i) => cell.padEnd(widths[i] ?? 0))
            .join('  ')
            .trimEnd(),
        );
    },
  };
  return {
    ...paper,
    jobs: (jobs, now) => renderJobs(jobs, paper, now),
    text: () => `${lines.join('\n')}\n`,
  };
}
