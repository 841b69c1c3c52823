import type { PeerChannel } from '../channel/index.ts';
import { countsOf, type JobRecord, type JobStanding, runnerStandings } from '../lifecycle/index.ts';
import type { PayloadOf } from '../protocol/index.ts';
import type { MeshController } from './controller.ts';

type Status = PayloadOf<'MESH_STATUS'>;
type PeerRow = NonNullable<Status['peers']>[number];

/** The schema's bound. */
const MOST_PEERS = 5000;

/** Answers MESH_QUERY. Those that ended are counted since this controller began. */
export function statusOf(controller: MeshController, peers: boolean): Status {
  const { parts, engine, startedAt, instruments } = controller;
  const { queued, bidding, leased } = countsOf(engine.mesh);
  return {
    mesh: parts.mesh,
    controller: parts.id,
    version: parts.version,
    started_at: startedAt,
    draining: engine.mesh.draining,
    engine: parts.store.engine,
    jobs: { Pending: queued + bidding, Running: leased, ...instruments.ends },
    ...(peers ? { peers: [...runners(controller), ...clients(controller)].slice(0, MOST_PEERS) } : {}),
  };
}

function runners({ engine, channels }: MeshController): PeerRow[] {
  return runnerStandings(engine.mesh).map(({ facts, state, peer, load, jobs, reason }): PeerRow => {
    const channel = peer === undefined ? undefined : channels.get(peer);
    return {
      runner_id: facts.runner_id,
      role: 'runner',
      persona: facts.persona,
      capabilities: facts.capabilities as PeerRow['capabilities'],
      public_key: facts.public_key,
      ...(facts.profile === undefined ? {} : { profile: facts.profile }),
      ...(channel === undefined ? {} : { connected_at: since(channel) }),
      jobs: jobs.slice(0, 1024),
      load,
      state,
      ...(reason === undefined ? {} : { reason: reason.slice(0, 500) }),
    };
  });
}

function clients({ channels }: MeshController): PeerRow[] {
  const clients = [...channels.values()].filter(({ peer }) => peer.role === 'client');
  return clients.map((channel) => ({
    runner_id: channel.peer.id,
    role: 'client',
    persona: channel.hello.persona,
    capabilities: {},
    public_key: channel.peer.public_key,
    connected_at: since(channel),
    jobs: [],
    load: 0,
    state: 'idle',
  }));
}

function since({ session }: PeerChannel): string {
  return new Date(session.iat * 1000).toISOString();
}

/** A job that is no longer in memory, as it looks from outside. */
export function standingOfRecord({ job_id, attempt, fence, end, lease }: JobRecord): JobStanding {
  const runner = lease?.runner_id ?? end?.runner_id;
  const state = end === undefined ? (lease === undefined ? 'Announced' : 'Running') : end.state;
  return {
    job_id,
    state: state === 'CompletedSuccessfully' ? 'Completed' : state,
    standard: end?.state ?? (lease === undefined ? 'Pending' : 'Running'),
    attempt,
    ...(fence > 0 ? { fence } : {}),
    ...(runner === undefined ? {} : { runner_id: runner }),
    ...(end?.reason === undefined ? {} : { reason: end.reason }),
  };
}

/** What is read off when the metrics are. */
export function gauges(controller: MeshController): void {
  const { registry } = controller.instruments;
  const { engine, channels, watchers, notes } = controller;
  registry.gauge('bit_mesh_jobs', 'Jobs that have not ended, by state.', () => {
    const { queued, bidding, leased } = countsOf(engine.mesh);
    return [
      [{ state: 'queued' }, queued],
      [{ state: 'bidding' }, bidding],
      [{ state: 'leased' }, leased],
    ];
  });
  registry.gauge('bit_mesh_runners', 'Runners known, by state.', () => {
    const counts = new Map(['idle', 'busy', 'draining', 'quarantined', 'gone'].map((state) => [state, 0]));
    for (const { state } of runnerStandings(engine.mesh)) counts.set(state, (counts.get(state) ?? 0) + 1);
    return [...counts].map(([state, count]) => [{ state }, count] as const);
  });
  registry.gauge('bit_mesh_runner_places_ready', 'Runners that would take a job now.', () => [
    [{}, countsOf(engine.mesh).ready],
  ]);
  registry.gauge('bit_mesh_sessions', 'Connections that have proved who they are, by role.', () => {
    const clients = [...channels.values()].filter(({ peer }) => peer.role === 'client').length;
    return [
      [{ role: 'client' }, clients],
      [{ role: 'runner' }, channels.size - clients],
    ];
  });
  registry.gauge('bit_mesh_watchers', 'Jobs being followed.', () => [[{}, watchers.count]]);
  registry.gauge('bit_mesh_draining', '1 while no new jobs are taken.', () => [
    [{}, engine.mesh.draining ? 1 : 0],
  ]);
  registry.gauge('bit_mesh_ledger_notes_dropped', 'Refusals that came too fast to be written down.', () => [
    [{}, notes.dropped],
  ]);
  registry.gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', () => [
    [{}, process.memoryUsage.rss()],
  ]);
  registry.gauge('process_cpu_seconds', 'Processor time spent.', () => {
    const { user, system } = process.cpuUsage();
    return [[{}, (user + system) / 1e6]];
  });
}
