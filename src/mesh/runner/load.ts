import { availableParallelism, loadavg } from 'node:os';
import { type RateLimits, TokenBucket } from '../identity/index.ts';

/** Of the machine, per core; at least as much as of this runner's places are taken. */
export function loadOf(running: number, places: number): number {
  const [minute = 0] = loadavg();
  return Math.min(1024, Math.max(minute / availableParallelism(), running / places));
}

/** Share of the messages a peer may send that logs take. */
const LOG_SHARE = 0.6;

export function paceOfLogs(
  { per_peer_rps, burst }: RateLimits = { per_peer_rps: 10, burst: 50 },
  now: number,
): TokenBucket {
  const share = { per_peer_rps: per_peer_rps * LOG_SHARE, burst: Math.max(1, Math.floor(burst * LOG_SHARE)) };
  return new TokenBucket(share, now);
}
