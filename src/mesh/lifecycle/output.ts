/** What a mesh wants done. */
import type { PayloadOf } from '../protocol/types.ts';
import type { Input, Peer } from './input.ts';
import type { JobStanding, Write } from './record.ts';

type Told =
  | 'JOB_OFFER'
  | 'JOB_CANCEL'
  | 'JOB_COMMITTED'
  | 'LEASE_RENEWED'
  | 'JOB_ACCEPTED'
  | 'MESH_DRAIN'
  | 'ACK'
  | 'ERROR';

/** What is said to a peer. The controller adds envelope, signature and checkout token. */
export type Said =
  | { readonly [T in Told]: { readonly type: T; readonly payload: PayloadOf<T> } }[Told]
  | {
      readonly type: 'JOB_ASSIGN';
      readonly payload: Omit<PayloadOf<'JOB_ASSIGN'>, 'signature' | 'checkout' | 'ledger'>;
    };

export interface Scale {
  readonly kind: 'scale';
  readonly profile: string;
  /** Runners there are, and how many there should be. */
  readonly from: number;
  readonly to: number;
  /** Runners that have nothing to do, are drained, and may end. */
  readonly retire: readonly string[];
}

/** `send` may leave at once: what has to be durable first has been withheld until it was. */
export type Output =
  | { readonly kind: 'persist'; readonly write: Write }
  | { readonly kind: 'send'; readonly to: Peer; readonly re?: string; readonly said: Said }
  /** For who watches: `durable` where it is on disk. */
  | { readonly kind: 'standing'; readonly standing: JobStanding }
  /** A job that is not in memory is asked about: answer with `loaded`, `again` unchanged. */
  | { readonly kind: 'load'; readonly job_id: string; readonly again: Input }
  /** Another session took its place. */
  | { readonly kind: 'close'; readonly peer: Peer; readonly reason: string }
  | Scale;
