/** How many runners a profile should have: at once more where jobs wait, after a cooldown fewer where runners do. */
import type { Mesh, Runner } from './mesh.ts';
import type { ProfileOptions } from './options.ts';
import { refresh } from './slots.ts';

export const SCALE_EVERY_MS = 1_000;
/** A runner that was asked for has this long to come. */
const START_MS = 60_000;

export function scale(mesh: Mesh): void {
  for (const profile of mesh.options.profiles) scaleProfile(mesh, profile);
}

function scaleProfile(mesh: Mesh, profile: ProfileOptions): void {
  const { now } = mesh.at;
  const runners = [...mesh.runners.values()].filter(
    (runner) => runner.facts.profile === profile.name && runner.peer !== undefined && !runner.retiring,
  );
  const started = mesh.starting.get(profile.name) ?? { asked: 0, until: 0, downAt: 0 };
  mesh.starting.set(profile.name, started);
  // Those that were asked for count until they are there, or should have been.
  const have = now < started.until ? Math.max(runners.length, started.asked) : runners.length;
  const places = Math.max(1, ...runners.map((runner) => runner.facts.max_concurrent_jobs));
  const busy = runners.filter((runner) => runner.leases.size > 0).length;
  const idle = runners.filter((runner) => runner.ready && runner.leases.size === 0).length;
  const wanted = Math.ceil(waitingFor(mesh, profile) / places) - idle;
  const target = Math.min(profile.max, Math.max(profile.min, busy + idle + Math.max(0, wanted)));
  if (target > have) {
    started.asked = target;
    started.until = now + START_MS;
    mesh.out.push({ kind: 'scale', profile: profile.name, from: runners.length, to: target, retire: [] });
    return;
  }
  const spare = runners.length - Math.max(profile.min, busy);
  if (wanted > 0 || spare <= 0 || now < started.downAt) return;
  const retire = runners
    .filter(
      (runner) =>
        runner.leases.size + runner.offers.size === 0 && now - runner.idleSince >= profile.cooldown_ms,
    )
    .slice(0, spare);
  if (retire.length === 0) return;
  started.downAt = now + profile.cooldown_ms;
  started.until = 0;
  for (const runner of retire) end(mesh, runner);
  mesh.out.push({
    kind: 'scale',
    profile: profile.name,
    from: runners.length,
    to: runners.length - retire.length,
    retire: retire.map(({ id }) => id),
  });
}

function end(mesh: Mesh, runner: Runner): void {
  runner.retiring = true;
  refresh(mesh, runner);
}

/** Jobs for this profile; those that name none are the first one's. */
function waitingFor(mesh: Mesh, profile: ProfileOptions): number {
  const first = mesh.options.profiles[0] === profile;
  let waiting = 0;
  for (const jobs of mesh.classes.values())
    if (jobs.profile === profile.name || (first && jobs.profile === undefined)) waiting += jobs.waiting;
  return waiting;
}
