import { availableParallelism, loadavg } from 'node:os';

/** Of the machine, per core; at least as much as of this runner's places are taken. */
export function loadOf(running: number, places: number): number {
  const [minute = 0] = loadavg();
  return Math.min(1024, Math.max(minute / availableParallelism(), running / places));
}
