import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../../kernel/files.ts';
import { isJsonObject } from '../../kernel/json.ts';
import type { JobOffer, PayloadOf } from '../protocol/types.ts';

/** A result that nobody acknowledged yet. */
export interface KeptResult {
  readonly payload: PayloadOf<'JOB_RESULT'>;
  readonly job: JobOffer;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const VERSION = 1;

/** Results on disk, from before they are sent until the controller says that they count, or never will. */
export class Results {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  keep(result: KeptResult): void {
    const { job_id, fence } = result.payload;
    writeFileAtomic(this.#path(job_id, fence), `${JSON.stringify({ v: VERSION, ...result })}\n`, {
      mode: 0o600,
    });
  }

  forget(jobId: string, fence: number): void {
    rmSync(this.#path(jobId, fence), { force: true });
  }

  /** Those that are whole; what a dying disk made of the others is nobody's result. */
  all(): readonly KeptResult[] {
    mkdirSync(this.#folder, { recursive: true });
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        try {
          const value: unknown = JSON.parse(readFileSync(join(this.#folder, name), 'utf8'));
          if (!isJsonObject(value) || value['v'] !== VERSION) return [];
          const { payload, job, at } = value;
          const sound = isJsonObject(payload) && isJsonObject(job) && typeof at === 'number';
          return sound ? [{ payload, job, at } as unknown as KeptResult] : [];
        } catch {
          return [];
        }
      });
  }

  #path(jobId: string, fence: number): string {
    return join(this.#folder, `${jobId}.${fence}.json`);
  }
}
