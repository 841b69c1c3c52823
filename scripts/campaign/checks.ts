/** What must be true after a round, told in words where it isn't. */
import { readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Entry, type LedgerReader, openLedgerReader } from '../../src/ledger/index.ts';
import { gitLockFiles } from '../../src/operation/index.ts';
import type { Fixed } from '../../src/repair/index.ts';
import { gitProcessesIn } from '../../src/repair/processes.ts';
import type { Deed, PlainGit } from './actors.ts';
import type { BitEnd, Ground } from './ground.ts';

export interface Figures {
  rounds: number;
  processes: number;
  killed: number;
  acknowledged: number;
  refused: number;
  plainCommits: number;
  plainRefs: number;
  plainRefused: number;
  settledDone: number;
  settledUndone: number;
  locksLeft: number;
  leftInProgress: number;
  entries: number;
  longest: number;
}

export function noFigures(): Figures {
  return {
    rounds: 0,
    processes: 0,
    killed: 0,
    acknowledged: 0,
    refused: 0,
    plainCommits: 0,
    plainRefs: 0,
    plainRefused: 0,
    settledDone: 0,
    settledUndone: 0,
    locksLeft: 0,
    leftInProgress: 0,
    entries: 0,
    longest: 0,
  };
}

export interface RoundRecord {
  readonly deeds: readonly Deed[];
  readonly ends: readonly BitEnd[];
  readonly plain: PlainGit;
}

interface Acknowledged {
  readonly deed: Deed;
  readonly op: string;
  readonly entry: string;
  readonly commit: string | undefined;
}

/** Everything that does not hold after a round; repairs the clone on the way, as its user would. */
export async function checkRound(ground: Ground, record: RoundRecord, figures: Figures): Promise<string[]> {
  const wrong: string[] = [];
  await orphansEnd(ground);
  const acknowledged = readEnds(record, figures, wrong);
  wrong.push(...(await checkRepair(ground, figures)));
  const ledger = openLedgerReader({ directory: join(ground.repo, '.git', 'bit', 'ledger') });
  wrong.push(...checkLedger(ledger, acknowledged, figures));
  wrong.push(...(await checkPromises(ground, record, acknowledged)));
  wrong.push(...(await checkReflogs(ground, ledger)));
  wrong.push(...(await checkGit(ground, figures)));
  return wrong;
}

/** Git that outlived the `bit` that had started it comes to its end. */
async function orphansEnd(ground: Ground): Promise<void> {
  for (let turn = 0; turn < 300; turn++) {
    if ((gitProcessesIn([ground.root]) ?? []).length === 0) return;
    await sleep(20);
  }
}

function readEnds({ deeds, ends, plain }: RoundRecord, figures: Figures, wrong: string[]): Acknowledged[] {
  const acknowledged: Acknowledged[] = [];
  figures.plainCommits += plain.commits.length;
  figures.plainRefs += plain.refs.size;
  figures.plainRefused += plain.refused;
  for (const [at, end] of ends.entries()) {
    const deed = deeds[at];
    if (deed === undefined) continue;
    const told = `bit ${end.words.join(' ')}`;
    figures.processes += 1;
    if (end.hung) wrong.push(`${told} hangs`);
    if (end.signal !== null) figures.killed += 1;
    else figures.longest = Math.max(figures.longest, end.milliseconds);
    const answer = parse(end.stdout);
    if (answer?.operation !== undefined) {
      figures.acknowledged += 1;
      acknowledged.push({
        deed,
        op: answer.operation.id,
        entry: answer.operation.entry,
        commit: answer.commit,
      });
    } else if (end.signal === null) {
      figures.refused += 1;
      if (end.status === 0) wrong.push(`${told} succeeded without naming its operation: ${end.stdout}`);
    }
    if (end.signal === null && !deed.honest.includes(end.status ?? -1))
      wrong.push(`${told} ended with ${end.status}: ${end.stdout}${end.stderr}`);
  }
  return acknowledged;
}

function fixedBy({ stdout }: BitEnd): readonly Fixed[] {
  return (parse(stdout) as { readonly fixed?: readonly Fixed[] } | undefined)?.fixed ?? [];
}

interface Answer {
  readonly operation?: { readonly id: string; readonly entry: string };
  readonly commit?: string;
}

/** The whole document or nothing: half of one is no acknowledgement. */
function parse(stdout: string): Answer | undefined {
  try {
    return JSON.parse(stdout) as Answer;
  } catch {
    return undefined;
  }
}

async function checkRepair(ground: Ground, figures: Figures): Promise<string[]> {
  const wrong: string[] = [];
  const gitDir = join(ground.repo, '.git');
  const locks = locksIn(gitDir);
  figures.locksLeft += locks.length;
  // `bit repair` leaves locks alone that are younger than two seconds; the campaign ages them instead of waiting.
  const old = Date.now() / 1000 - 3600;
  for (const path of locks) utimesSync(path, old, old);
  const repaired = await ground.bit(['repair', '--json']);
  if (repaired.status !== 0)
    wrong.push(`bit repair ended with ${repaired.status}: ${repaired.stdout}${repaired.stderr}`);
  for (const { scope, did } of fixedBy(repaired)) {
    if (scope !== 'intents') continue;
    if (did.startsWith('recorded as done')) figures.settledDone += 1;
    else figures.settledUndone += 1;
  }
  for (const { what } of fixedBy(await ground.bit(['repair', '--json'])))
    wrong.push(`repaired, and still: ${what}`);
  for (const path of locksIn(gitDir)) wrong.push(`a lock stays after repair: ${path}`);
  const state = await ground.git(ground.repo, ['status']);
  if (/in progress|unmerged|rebasing/i.test(state.stdout)) figures.leftInProgress += 1;
  return wrong;
}

function locksIn(gitDir: string): string[] {
  const folder = join(gitDir, 'refs');
  const refs = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.lock'))
    .map((name) => join(folder, name));
  return [...gitLockFiles(gitDir, gitDir), ...refs];
}

function checkLedger(
  ledger: LedgerReader,
  acknowledged: readonly Acknowledged[],
  figures: Figures,
): string[] {
  const wrong: string[] = [];
  const report = ledger.verify();
  figures.entries = Math.max(figures.entries, report.entries);
  for (const fault of report.faults) wrong.push(`ledger entry ${fault.seq}: ${fault.message}`);
  if (report.chains.length !== 1) wrong.push(`the ledger holds ${report.chains.length} chains`);
  for (const { op, entry } of acknowledged) {
    const found = ledger.entry(entry);
    if (found?.op !== op || found.phase !== 'outcome')
      wrong.push(`the acknowledged entry ${entry} of ${op} is lost`);
  }
  for (const intent of ledger.openIntents()) wrong.push(`the intent of ${intent.op} is open after repair`);
  return wrong;
}

/** What was said to be done is done: by `bit`, and by the plain git beside it. */
async function checkPromises(
  { repo, git }: Ground,
  { plain }: RoundRecord,
  acknowledged: readonly Acknowledged[],
): Promise<string[]> {
  const wrong: string[] = [];
  const log = await git(repo, ['log', '--all', '--reflog', '--format=%H']);
  const reachable = log.stdout.split('\n');
  const known = new Set(reachable);
  for (const { deed, commit } of acknowledged) {
    const told = `bit ${deed.words.join(' ')}`;
    const { holds } = deed;
    if (holds?.what === 'commit' && (commit === undefined || !known.has(commit)))
      wrong.push(`${told} was acknowledged, and its commit ${commit} is gone`);
    if (holds?.what === 'contains' && !known.has(holds.commit))
      wrong.push(`${told} was acknowledged, and ${holds.commit} is gone`);
    if (holds?.what === 'no branch') {
      const ref = await git(repo, ['rev-parse', '-q', '--verify', `refs/heads/${holds.branch}`]);
      if (ref.status === 0) wrong.push(`${told} was acknowledged, and the branch stands`);
      const kept = await git(repo, ['cat-file', '-e', holds.tip]);
      if (kept.status !== 0) wrong.push(`${told}: the lost tip ${holds.tip} was not kept`);
    }
  }
  for (const short of plain.commits)
    if (!reachable.some((oid) => oid.startsWith(short))) wrong.push(`plain git's commit ${short} is gone`);
  for (const [ref, oid] of plain.refs) {
    const now = await git(repo, ['rev-parse', '-q', '--verify', ref]);
    if (now.stdout !== oid) wrong.push(`plain git's ${ref} is at ${now.stdout || 'nothing'}, not ${oid}`);
  }
  return wrong;
}

/** No branch moved in the name of an operation that the ledger doesn't know, or that it says changed nothing. */
async function checkReflogs({ repo, git }: Ground, ledger: LedgerReader): Promise<string[]> {
  const folder = join(repo, '.git', 'logs', 'refs', 'heads');
  const named = new Set<string>();
  for (const name of readdirSync(folder)) {
    const now = await git(repo, ['rev-parse', `refs/heads/${name}`]);
    const lines = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
    for (const [at, line] of lines.entries()) {
      const op = /\tbit ([0-9a-z]{26})/.exec(line)?.[1];
      // git writes the line before it moves the ref: killed between, the ref never got there
      const went = line.split(' ')[1] === (lines[at + 1]?.split(' ')[0] ?? now.stdout);
      if (op !== undefined && went) named.add(op);
    }
  }
  return [...named].flatMap((op) => {
    const entries: Entry[] = [...ledger.entries({ op })];
    if (!entries.some((entry) => entry.phase === 'intent')) return [`${op} moved refs without an intent`];
    return entries.some((entry) => entry.payload?.['settled'] === 'untouched')
      ? [`${op} moved refs, and was settled as if it had not`]
      : [];
  });
}

/** The repository is whole, plain git goes on in it, and so does `bit`. Clears what conflicts left, as a user would. */
async function checkGit(ground: Ground, figures: Figures): Promise<string[]> {
  const { repo, git, bit } = ground;
  const wrong: string[] = [];
  const fsck = await git(repo, ['fsck', '--full', '--no-dangling', '--no-progress']);
  if (fsck.status !== 0) wrong.push(`git fsck: ${fsck.stdout}${fsck.stderr}`);
  await git(repo, ['rebase', '--abort']);
  // a git killed while it began a rebase leaves a folder that its own --abort can't read, and says to remove it
  for (const name of ['rebase-merge', 'rebase-apply'])
    rmSync(join(repo, '.git', name), { recursive: true, force: true });
  for (const args of [
    ['reset', '-q', '--hard'],
    // files a killed merge had written and not told the index of are in the way of the next
    ['clean', '-qfd'],
    ['switch', '-q', 'main'],
    ['commit', '-q', '--allow-empty', '-m', 'plain git after the round'],
  ]) {
    const answer = await git(repo, args);
    if (answer.status !== 0) wrong.push(`plain git ${args[0]} after the round: ${answer.stderr}`);
  }
  ground.write('probe.txt', `${figures.rounds}\n`);
  const probe = await bit(['commit', '--stage', 'probe.txt', '-m', 'bit after the round', '--json']);
  if (probe.status !== 0)
    wrong.push(`bit commit after the round ended with ${probe.status}: ${probe.stdout}`);
  if (probe.hung) wrong.push('bit commit after the round hangs');
  return wrong;
}
