import type { RollbackResult } from './rollback.ts';

interface Lines {
  line(text: string): void;
  safe(text: string): string;
}

/** One line an operation, and what stays because it left this clone. */
export function renderRollback(out: RollbackResult, page: Lines, verb: string): void {
  for (const { op, summary } of out.undone) page.line(`${verb} ${op}: ${page.safe(summary)}`);
  for (const line of out.left) page.line(`stays: ${page.safe(line)}`);
}
