import { setTimeout as wait } from 'node:timers/promises';
import { BitError, isBitError } from '../kernel/errors.ts';

export interface RetryOptions {
  readonly attempts: number;
  /** Before the second; doubles each time. */
  readonly backoffSeconds: number;
  readonly signal: AbortSignal;
  readonly onRetry: (error: unknown, seconds: number) => void;
}

const LONGEST_WAIT = 600;

/** Again after a failure of the work; what was asked wrongly or is missing stays so. */
export async function retrying<Result>(work: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const again = isBitError(error) && (error.code === 'failed' || error.code === 'remote');
      if (!again || attempt >= options.attempts) throw error;
      const seconds = Math.min(LONGEST_WAIT, options.backoffSeconds * 2 ** (attempt - 1));
      options.onRetry(error, seconds);
      await wait(seconds * 1000, undefined, { signal: options.signal }).catch(() => {
        throw new BitError('cancelled', 'interrupted');
      });
    }
  }
}
