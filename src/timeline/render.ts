import type { Paper } from '../kernel/paper.ts';
import { explainFault } from '../ledger/index.ts';
import type { CommitItem, EntryItem, OperationItem, TimelineItem } from './items.ts';
import type { Timeline } from './timeline.ts';

export function renderTimeline(out: Timeline, page: Paper): void {
  const { style } = page;
  for (const item of out.items) renderItem(item, out, page);
  if (out.items.length === 0) page.line('Nothing yet.');
  if (out.more) page.line(style.dim('… and more: -n 0 shows all'));
  if (out.verified === null) return;
  const unknown = out.items.filter((item) => item.kind === 'commit' && item.ledger === 'unknown').length;
  const { ok, entries, faults } = out.verified;
  page.line();
  page.line(
    ok
      ? style.green(`${entries} ledger entries verified`)
      : style.red(`the ledger of ${entries} entries does not verify`),
  );
  for (const fault of faults)
    for (const line of explainFault(fault).split('\n')) page.line(style.red(page.safe(line)));
  if (unknown > 0)
    page.line(
      style.yellow(`${unknown} of the commits shown ${unknown === 1 ? 'is' : 'are'} unknown to the ledger`),
    );
}

function renderItem(item: TimelineItem, out: Timeline, page: Paper): void {
  const time = page.style.dim(localTime(item.ts));
  page.line(`${time}  ${item.kind === 'commit' ? commitLine(item, page) : ledgerLine(item, page)}`);
  if (out.detail === 'compact') return;
  if (item.kind === 'commit') {
    page.line(`    ${page.safe(item.author)}  ${item.oid}`);
    for (const line of (item.body ?? '').split('\n')) if (line !== '') page.line(`    ${page.safe(line)}`);
  } else {
    page.line(
      page.style.dim(
        `    operation ${item.op}${item.parent === null ? '' : ` inside ${item.parent}`}  entry ${item.entry.slice(0, 16)}`,
      ),
    );
    page.line(page.style.dim(`    ${page.safe(item.as ?? '(no name)')}  ${page.safe(item.actor)}`));
    if (item.kind === 'operation') renderPayload(item, page);
  }
}

function commitLine(item: CommitItem, page: Paper): string {
  const { style } = page;
  const mark = {
    recorded: style.green('recorded '),
    noticed: style.yellow('noticed  '),
    unknown: style.red('unknown  '),
  };
  const known = item.ledger === undefined ? '' : mark[item.ledger];
  return `${style.yellow(item.oid.slice(0, 10))}  ${known}${page.safe(item.subject)}`;
}

function ledgerLine(item: OperationItem | EntryItem, page: Paper): string {
  const { style } = page;
  const where = item.ledger === 'user' ? 'user ' : '';
  return [`${verdict(item, page)}  ${where}${style.cyan(item.event)}${phase(item)}`, page.safe(item.summary)]
    .filter((part) => part !== '')
    .join('  ');
}

/** Ten columns, as wide as a commit's short name. */
function verdict(item: OperationItem | EntryItem, page: Paper): string {
  const { style } = page;
  if (item.kind === 'entry') {
    if (item.verified === true) return style.green('verified  ');
    return item.verified === false ? style.red('FAULT     ') : style.red('unverified');
  }
  if (item.phase === 'denied') return style.red('denied    ');
  if (item.phase === 'note') return 'note      ';
  return item.ok === null ? style.yellow('open      ') : item.ok ? 'done      ' : style.red('failed    ');
}

function phase(item: OperationItem | EntryItem): string {
  return item.kind === 'entry' ? ` ${item.phase} #${item.seq}` : '';
}

function renderPayload(item: OperationItem, page: Paper): void {
  const { policy, outcome, irreversible } = item.payload ?? {};
  const rules = (policy as { rules?: readonly string[] } | undefined)?.rules ?? [];
  for (const rule of rules) page.line(page.style.dim(`    rule ${page.safe(String(rule))}`));
  const error = (outcome as { error?: { message?: string } } | undefined)?.error?.message;
  if (error !== undefined) page.line(page.style.red(`    ${page.safe(error)}`));
  if (Array.isArray(irreversible))
    for (const effect of irreversible) page.line(`    can't be undone: ${page.safe(String(effect))}`);
}

/** The machine's own zone, to the second. */
function localTime(ts: string): string {
  const time = new Date(ts);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
