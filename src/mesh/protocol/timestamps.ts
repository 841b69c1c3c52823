/** RFC 3339 times as messages carry them, to and fro: every message has one, and most share their minute with the last. */

let lastTime = Number.NaN;
let lastText = '';

/** Milliseconds since 1970 as text. */
function textOf(time: number): string {
  if (time !== lastTime) {
    lastTime = time;
    lastText = new Date(time).toISOString();
  }
  return lastText;
}

/** RFC 3339 of now. Stands still while the clock goes back. */
export function createTimestamps(now: () => number): () => string {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const present = Math.floor(now());
    if (present > last) last = present;
    return textOf(last);
  };
}

/** `2026-11-21T12:00:` and the time of its beginning. */
let minute = '';
let minuteTime = Number.NaN;

const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;

/** Milliseconds since 1970, of a text that matches the pattern of `ts`; NaN where there is no such time. */
export function parseTimestamp(ts: string): number {
  if (ts.length !== 24) return Date.parse(ts);
  if (!ts.startsWith(minute) || minute === '') {
    const time = Date.parse(`${ts.slice(0, 17)}00.000Z`);
    if (Number.isNaN(time)) return time;
    minute = ts.slice(0, 17);
    minuteTime = time;
  }
  const seconds = digit(ts, 17) * 10 + digit(ts, 18);
  // a leap second is no time to Date.parse either
  if (seconds > 59) return Number.NaN;
  const millis = digit(ts, 20) * 100 + digit(ts, 21) * 10 + digit(ts, 22);
  return minuteTime + seconds * 1000 + millis;
}
