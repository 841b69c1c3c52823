const FIRST = 1000;
const LONGEST = 15 * 60 * 1000;

/** Milliseconds until an event that failed `attempts` times is tried again: doubled each time, with a cap. */
export function backoff(attempts: number): number {
  return Math.min(LONGEST, FIRST * 2 ** Math.max(0, attempts - 1));
}

/** As often as a host may die at an event before the event is taken to be the reason. */
export const MOST_CRASHES = 100;
