import type { Paper } from '../kernel/paper.ts';
import type { ContractAudit } from './audit.ts';

/** Operations told of one clause; --json has all. */
const MOST_TOLD = 5;
const STANDING = {
  accepted: 'in force',
  differs: 'in force, and not what the tree holds',
  tree: 'of the tree, accepted by nobody yet',
} as const;

export function renderAudit(out: ContractAudit, page: Paper): void {
  const { style } = page;
  const say = (text: string): void => page.line(page.safe(text));
  if (out.contracts.length === 0) say(`No contract in force binds ${out.scope}.`);
  for (const { name, file, scope, standing, clauses } of out.contracts) {
    page.line(
      `${style.bold(page.safe(name))} ${page.safe(`(${file}, binds ${scope}): ${STANDING[standing]}`)}`,
    );
    for (const { line, asks, refused, approved, differs } of clauses) {
      const good = differs.length === 0;
      const told = [
        good ? 'kept' : `${differs.length} done against it`,
        ...(refused > 0 ? [`${refused} refused`] : []),
        ...(approved > 0 ? [`${approved} approved`] : []),
      ].join(', ');
      page.line(`  ${line}: ${page.safe(asks)}: ${good ? told : style.red(told)}`);
      for (const { ts, op, summary } of differs.slice(0, MOST_TOLD)) say(`     ${ts} ${op} ${summary}`);
      if (differs.length > MOST_TOLD) say(`     and ${differs.length - MOST_TOLD} more`);
    }
  }
  for (const { ts, refs } of out.outside.slice(0, MOST_TOLD))
    say(`${ts} plain git moved ${refs} ${refs === 1 ? 'ref' : 'refs'}, outside every gate`);
  if (out.outside.length > MOST_TOLD) say(`and ${out.outside.length - MOST_TOLD} more such times`);
  say(`Looked at the newest ${out.looked} operations.`);
}
