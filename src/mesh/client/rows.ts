/** How jobs and peers are shown in tables. */
import type { Paper } from '../../kernel/paper.ts';
import type { JobRow, MeshPeer, MeshStatus } from './index.ts';

const COLOURS: Readonly<Record<string, 'green' | 'red' | 'yellow' | 'cyan' | 'dim'>> = {
  CompletedSuccessfully: 'green',
  Failed: 'red',
  Cancelled: 'yellow',
  Running: 'cyan',
  Pending: 'dim',
};

const WORDS: Readonly<Record<string, string>> = {
  CompletedSuccessfully: 'done',
  Failed: 'failed',
  Cancelled: 'cancelled',
  Running: 'running',
  Pending: 'waiting',
};

export function stateWord(standard: string): string {
  return WORDS[standard] ?? standard;
}

export function renderJobs(jobs: readonly JobRow[], page: Paper, now: Date): void {
  page.table(
    jobs.map((job) => [
      job.job_id,
      page.style[COLOURS[job.standard] ?? 'dim'](stateWord(job.standard)),
      String(job.priority),
      lasted(job, now),
      page.safe(job.runner_id === undefined ? '-' : shortName(job.runner_id)),
      page.safe(`${job.summary}${job.reason === undefined ? '' : ` (${job.reason})`}`),
    ]),
  );
}

/** How long it ran, or has been waiting. */
function lasted({ submitted_at, started_at, ended_at }: JobRow, now: Date): string {
  const from = Date.parse(started_at ?? submitted_at);
  const to = ended_at === undefined ? now.getTime() : Date.parse(ended_at);
  const seconds = Math.max(0, Math.round((to - from) / 1000));
  if (seconds < 120) return `${seconds}s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3600)}h`;
}

/** The last two parts of an aln:// name tell runners apart. */
export function shortName(id: string): string {
  return id
    .replace(/^aln:\/\//, '')
    .split('/')
    .slice(-2)
    .join('/');
}

export function renderPeers(peers: readonly MeshPeer[], page: Paper): void {
  page.table(
    peers.map((peer) => [
      page.safe(peer.runner_id),
      peer.state === 'idle'
        ? page.style.green(peer.state)
        : peer.state === 'busy'
          ? page.style.cyan(peer.state)
          : page.style.yellow(peer.state),
      peer.role === 'client' ? 'client' : peer.persona,
      peer.role === 'client' ? '' : `load ${peer.load.toFixed(2)}`,
      page.safe(peer.jobs.join(' ')),
      page.safe(peer.reason ?? Object.keys(peer.capabilities).join(',')),
    ]),
  );
}

export function renderMesh(status: MeshStatus, page: Paper): void {
  const runners = (status.peers ?? []).filter((peer) => peer.role === 'runner');
  const of = (state: string): number => runners.filter((peer) => peer.state === state).length;
  page.line(
    page.safe(
      `mesh ${status.mesh} (${status.engine}${status.draining ? ', draining: takes no jobs' : ''}), controller ${status.controller} since ${status.started_at}`,
    ),
  );
  const jobs = Object.entries(status.jobs).map(([state, count]) => `${count} ${stateWord(state)}`);
  page.line(`jobs: ${jobs.length === 0 ? 'none yet' : jobs.join(', ')}`);
  if (status.peers === undefined) return;
  page.line(
    runners.length === 0
      ? 'runners: none; start one with: bit runner start'
      : `runners: ${of('idle')} idle, ${of('busy')} busy, ${of('draining')} draining, ${of('quarantined')} quarantined`,
  );
}
