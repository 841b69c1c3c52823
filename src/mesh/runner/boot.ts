import { uptime } from 'node:os';
import type { Clock } from '../channel/index.ts';

/**
 * Leases run on while a machine is suspended, and the clock behind timers does not. The kernel's time since boot does;
 * where it is coarse, it is the later of both.
 */
export function bootClock(): Clock {
  const offset = uptime() * 1000 - performance.now();
  return {
    now: Date.now,
    monotonic: () => Math.max(performance.now() + offset, uptime() * 1000),
  };
}
