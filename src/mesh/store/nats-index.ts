/** What a controller remembers of all jobs in the bucket: those that are open whole, of ended ones what lists need. */
import type { JobRecord, Kept, MeshRecord, RunnerRecord } from '../lifecycle/index.ts';
import { repositoryOf } from './embedded.ts';
import type { JobFilter, Loaded } from './index.ts';

interface Line {
  readonly id: string;
  readonly submitted_at: string;
  readonly repo: string;
  readonly state: string;
  readonly ended_at: string | undefined;
  readonly revision: number;
}

export class JobIndex {
  /** Oldest first. */
  readonly #lines: Line[] = [];
  readonly #byId = new Map<string, Line>();
  readonly #open = new Map<string, Kept>();
  readonly #runners = new Map<string, RunnerRecord>();
  #mesh: MeshRecord | undefined;

  take(
    key: string,
    record: unknown,
    revision: number,
  ): { readonly jobs: readonly Kept[]; readonly runners: readonly RunnerRecord[] } {
    if (key.startsWith('kept.job.')) {
      const kept = { record: record as JobRecord, revision };
      this.#job(kept);
      return { jobs: [kept], runners: [] };
    }
    if (key === 'kept.mesh') {
      this.#mesh = record as MeshRecord;
      return { jobs: [], runners: [] };
    }
    const runner = record as RunnerRecord;
    this.#runners.set(runner.runner_id, runner);
    return { jobs: [], runners: [runner] };
  }

  #job(kept: Kept): void {
    const { record, revision } = kept;
    // What was written here is known before it comes by.
    if ((this.#byId.get(record.job_id)?.revision ?? 0) >= revision) return;
    const { job_id, submitted_at, job, lease, end } = record;
    const line: Line = {
      id: job_id,
      submitted_at,
      repo: repositoryOf(job.repo),
      state: end?.state ?? (lease === undefined ? 'queued' : 'leased'),
      ended_at: end?.at,
      revision,
    };
    const known = this.#byId.get(job_id);
    const at = this.#place(line);
    if (known === undefined) this.#lines.splice(at, 0, line);
    else this.#lines[at] = line;
    this.#byId.set(job_id, line);
    if (end === undefined) this.#open.set(job_id, kept);
    else this.#open.delete(job_id);
  }

  /** Where a line is, or belongs. */
  #place(line: Line): number {
    let low = 0;
    let high = this.#lines.length;
    // Mostly it is the newest.
    const last = this.#lines.at(-1);
    if (last === undefined || isBefore(last, line)) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#lines[middle];
      if (other !== undefined && isBefore(other, line)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  forget(jobId: string): void {
    const line = this.#byId.get(jobId);
    if (line === undefined) return;
    this.#lines.splice(this.#place(line), 1);
    this.#byId.delete(jobId);
    this.#open.delete(jobId);
  }

  loaded(): Loaded {
    const jobs = this.#lines.flatMap(({ id }) => this.#open.get(id) ?? []);
    return {
      jobs,
      runners: [...this.#runners.values()],
      ...(this.#mesh === undefined ? {} : { mesh: this.#mesh }),
    };
  }

  list({ jobs, standard, repo, ended_since, after, limit }: JobFilter): {
    readonly ids: string[];
    readonly next?: string;
  } {
    const wanted = jobs === undefined ? undefined : new Set(jobs);
    const states =
      standard === undefined
        ? undefined
        : new Set(
            standard.flatMap((state) =>
              state === 'Pending' || state === 'Running' ? ['queued', 'leased'] : [state],
            ),
          );
    const from = after === undefined ? undefined : this.#byId.get(after);
    if (after !== undefined && from === undefined) return { ids: [] };
    const ids: string[] = [];
    for (let at = from === undefined ? this.#lines.length - 1 : this.#place(from) - 1; at >= 0; at--) {
      const line = this.#lines[at];
      if (line === undefined || wanted?.has(line.id) === false || states?.has(line.state) === false) continue;
      if (repo !== undefined && line.repo !== repositoryOf(repo)) continue;
      if (ended_since !== undefined && (line.ended_at ?? '') < ended_since) continue;
      const last = ids.at(-1);
      if (ids.length === limit && last !== undefined) return { ids, next: last };
      ids.push(line.id);
    }
    return { ids };
  }

  /** Ended jobs beyond the `keep` that ended last, of those that ended before a time; the oldest first. */
  old(keep: number, before: string): string[] {
    return this.#lines
      .flatMap(({ id, ended_at }) => (ended_at === undefined ? [] : [{ id, ended_at }]))
      .sort((a, b) => (a.ended_at < b.ended_at ? 1 : -1))
      .slice(keep)
      .filter(({ ended_at }) => ended_at < before)
      .map(({ id }) => id)
      .reverse();
  }
}

function isBefore(a: Line, b: Line): boolean {
  return a.submitted_at < b.submitted_at || (a.submitted_at === b.submitted_at && a.id < b.id);
}
