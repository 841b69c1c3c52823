/**
 * Claims of controllers to be alive, by clocks that are never compared: a claim holds from when it was sent, by the
 * clock of who made it, and counts for others until they have seen nothing new of it for longer than that, by theirs.
 */
import { ulid } from '../../kernel/ids.ts';
import type { Membership } from './index.ts';

export interface Claims {
  /** A claim came by in the order of all changes; `there`: or was withdrawn. */
  seen(me: string, there: boolean): void;
  join(name: string, changed: (membership: Membership) => void): Promise<{ leave(): Promise<void> }>;
  stop(): Promise<void>;
}

interface ClaimOptions {
  readonly claim_ms: number;
  readonly put: (me: string) => Promise<unknown>;
  readonly remove: (me: string) => Promise<unknown>;
  /** Milliseconds on a monotonic clock. */
  readonly clock?: () => number;
}

/** A claim is made this often within the time it holds. */
const PULSES = 4;
/** Others wait that much longer: clocks drift, and what is on its way arrives. */
const PATIENCE = 1.5;
/** What was left behind is taken away after so many claims' time. */
const STALE = 60;

export function makeClaims({ claim_ms, put, remove, clock = () => performance.now() }: ClaimOptions): Claims {
  const heard = new Map<string, number>();
  let me = '';
  let name = '';
  /** When the claims were sent that have not come back, oldest first. */
  let sent: number[] = [];
  let validUntil = Number.NEGATIVE_INFINITY;
  let said = '';
  let tell: ((membership: Membership) => void) | undefined;
  let timer: NodeJS.Timeout | undefined;

  const rename = () => {
    me = `${name}.${ulid(Date.now())}`;
    sent = [];
  };
  const consider = () => {
    if (tell === undefined) return;
    const now = clock();
    const valid = now < validUntil;
    if (!valid && said.endsWith(' valid')) rename();
    const live = [...heard]
      .filter(([other, at]) => other !== me && now < at + claim_ms * PATIENCE)
      .map(([other]) => other);
    if (valid) live.push(me);
    live.sort();
    const state = `${me} ${live.join(' ')} ${valid ? 'valid' : 'lapsed'}`;
    if (state === said) return;
    said = state;
    tell({ me, live, valid });
  };
  const pulse = () => {
    sent.push(clock());
    // One that is lost is followed by the next.
    put(me).catch(() => {});
    for (const [other, at] of heard)
      if (clock() > at + claim_ms * STALE) {
        heard.delete(other);
        remove(other).catch(() => {});
      }
    consider();
  };
  const stop = async () => {
    if (tell === undefined) return;
    tell = undefined;
    clearInterval(timer);
    clearInterval(watchdog);
    await remove(me).catch(() => {});
  };
  let watchdog: NodeJS.Timeout | undefined;

  return {
    seen: (other, there) => {
      if (!there) heard.delete(other);
      else heard.set(other, clock());
      if (other === me && there) {
        // Those before it may have been lost: it can be no later than the oldest.
        const at = sent.shift();
        if (at !== undefined) validUntil = Math.max(validUntil, at + claim_ms);
      }
      consider();
    },
    join: async (as, changed) => {
      name = as;
      rename();
      tell = changed;
      timer = setInterval(pulse, claim_ms / PULSES);
      watchdog = setInterval(consider, Math.max(50, claim_ms / 20));
      pulse();
      return { leave: stop };
    },
    stop,
  };
}
