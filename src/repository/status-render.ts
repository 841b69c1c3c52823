import type { Freeze } from '../freeze/index.ts';
import type { Paper } from '../kernel/paper.ts';
import { explainFault } from '../ledger/index.ts';
import type { FileChange, RepositoryStatus } from './status.ts';
import type { DeepStatus } from './status-deep.ts';

export function renderStatus(status: RepositoryStatus, page: Paper): void {
  const { style } = page;
  page.line(headLine(status, page));
  if (status.upstream !== null) page.line(upstreamLine(status.upstream, page));
  if (status.inProgress !== null) {
    page.line(
      style.yellow(
        `A ${status.inProgress} is in progress: bit resume goes on, bit resume --abort takes it back.`,
      ),
    );
  }
  for (const freeze of status.freezes) page.line(style.yellow(page.safe(freezeLine(freeze))));
  if (status.policy.state === 'differs') {
    page.line(
      style.yellow('The policies of the tree are not the ones in force; take them with: bit policy accept'),
    );
    for (const path of status.policy.changed) page.line(`  ${page.safe(path)}`);
    if (status.policy.problem !== null) page.line(`  ${page.safe(status.policy.problem)}`);
  }
  if (status.policy.state === 'damaged') {
    page.line(style.red(`Every action is denied: ${page.safe(status.policy.problem ?? '')}`));
    page.line('  mend it with: bit policy accept --recover');
  }
  section(
    page,
    'In conflict',
    status.conflicted.map((path) => style.red(`  both changed  ${page.safe(path)}`)),
  );
  section(
    page,
    'Staged',
    status.staged.map((change) => style.green(changeLine(change, page))),
  );
  section(
    page,
    'Not staged',
    status.unstaged.map((change) => style.red(changeLine(change, page))),
  );
  section(
    page,
    'Untracked',
    (status.untracked ?? []).map((path) => style.red(`  ${page.safe(path)}`)),
  );
  if (status.stashes > 0) page.line(`${status.stashes} stashed`);
  if (isClean(status))
    page.line(
      status.untracked === null ? 'No tracked file changed.' : 'Nothing to commit, the work tree is clean.',
    );
  if (status.deep !== null) renderDeep(status.deep, status, page);
}

function freezeLine({ scope, name, until, reason }: Freeze): string {
  const what =
    scope === 'repo' ? 'The repository' : `${scope[0]?.toUpperCase()}${scope.slice(1)} ${name ?? ''}`;
  const end = until === undefined ? '' : ` until ${until}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  return `${what} is frozen${end}${why}`;
}

function isClean(status: RepositoryStatus): boolean {
  const { bare, staged, unstaged, untracked, conflicted } = status;
  return !bare && staged.length + unstaged.length + conflicted.length + (untracked?.length ?? 0) === 0;
}

function headLine(status: RepositoryStatus, page: Paper): string {
  const { branch, head, bare } = status;
  const at = head === null ? 'no commit yet' : head.slice(0, 10);
  const where =
    branch === null ? `HEAD is detached at ${at}` : `On ${page.style.bold(page.safe(branch))} (${at})`;
  return bare ? `${where}, bare repository` : where;
}

function upstreamLine(
  { name, ahead, behind }: NonNullable<RepositoryStatus['upstream']>,
  page: Paper,
): string {
  const shown = page.safe(name);
  if (ahead === null || behind === null) return `Tracks ${shown}, which is gone.`;
  if (ahead === 0 && behind === 0) return `Up to date with ${shown}.`;
  const parts = [...(ahead > 0 ? [`${ahead} ahead`] : []), ...(behind > 0 ? [`${behind} behind`] : [])];
  const next = ahead > 0 && behind > 0 ? 'bit sync' : ahead > 0 ? 'bit push' : 'bit pull';
  return `${parts.join(', ')} of ${shown}: ${next}`;
}

function section(page: Paper, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  page.line(`${title}:`);
  for (const line of lines) page.line(line);
}

function changeLine({ path, from, state }: FileChange, page: Paper): string {
  return `  ${state.padEnd(10)}  ${from === undefined ? '' : `${page.safe(from)} → `}${page.safe(path)}`;
}

function renderDeep(deep: DeepStatus, status: RepositoryStatus, page: Paper): void {
  const { style } = page;
  const { ledger, open, policies, key } = deep;
  page.line();
  const verdict = ledger.ok ? style.green('verified') : style.red('DOES NOT VERIFY');
  const head =
    ledger.head === null
      ? 'empty'
      : `entry ${ledger.head.seq} ${ledger.head.entry.slice(0, 12)} ${ledger.head.event}`;
  page.line(`Ledger: ${head}; ${ledger.entries} entries in ${ledger.chains} chains, ${verdict}`);
  for (const fault of ledger.faults) {
    for (const line of explainFault(fault).split('\n')) page.line(style.red(`  ${page.safe(line)}`));
  }
  for (const { op, summary, running } of open) {
    const state =
      running === true
        ? 'running'
        : running === false
          ? 'died in the middle: bit repair'
          : 'on another machine';
    page.line(`Open operation ${op} (${state}): ${page.safe(summary)}`);
  }
  const source = { default: 'built-in default', tree: 'of the tree, not accepted yet' }[
    status.policy.state as string
  ];
  page.line(
    `Policies: ${source ?? status.policy.state}${policies.digest === null ? '' : ` ${policies.digest.slice(0, 19)}`}`,
  );
  for (const { severity, at, message } of policies.problems) {
    page.line(style.red(`  ${page.safe(`${at.path}:${at.line}:${at.column}: ${severity}: ${message}`)}`));
  }
  const trusted = key?.trusted === true ? '' : ' (not trusted here: bit key trust)';
  page.line(
    key === null
      ? 'Key: none yet; the first action makes one'
      : `Key: ${key.fingerprint} in ${key.place}${trusted}`,
  );
}
