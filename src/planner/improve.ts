import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Reader } from '../operation/index.ts';
import { cacheDownloads } from './caching.ts';
import { forecast } from './forecast.ts';
import { type Fused, fuseJobs, sharedSteps } from './fuse.ts';
import type { WorkflowHistory } from './history.ts';
import type { PlannedWorkflow, Proposal } from './model.ts';
import { orderJobs } from './order.ts';
import { reorderJobs } from './reorder.ts';
import { criticalPath, lengthOf, simulate, type TimedJob } from './simulate.ts';
import { readWorkflowText, type WorkflowText } from './text.ts';
import { timeable } from './timeable.ts';
import { stepTimes, timed } from './timing.ts';
import type { Made } from './tree.ts';
import { unchangedSteps } from './unchanged.ts';

const MOST_TURNS = 20;
/** Pairs of jobs that are compared. */
const MOST_PAIRS = 2000;

export interface ImprovingOptions {
  readonly history: WorkflowHistory | undefined;
  readonly slots: number;
  readonly root: string;
  readonly question: { readonly kinds: readonly Proposal['kind'][]; readonly review: boolean };
}

/** One workflow file and what would make its runs shorter, each proposal on top of those before it. */
export class Improving {
  readonly #reader: Reader;
  readonly #options: ImprovingOptions;
  readonly #original: WorkflowText;
  readonly #slots: number;
  /** As it would be. */
  #file: WorkflowText;
  #jobs: readonly TimedJob[];
  readonly #unmeasured: readonly string[];
  readonly #notes: string[] = [];

  constructor(reader: Reader, file: WorkflowText, options: ImprovingOptions) {
    this.#reader = reader;
    this.#options = options;
    this.#original = file;
    this.#file = file;
    const most = file.value['max-parallel'];
    this.#slots = typeof most === 'number' ? Math.min(options.slots, most) : options.slots;
    const { jobs, unmeasured } = timed(file.jobs.map(timeable), options.history);
    this.#jobs = jobs;
    this.#unmeasured = unmeasured;
    if (file.fixed !== undefined)
      this.#notes.push(`${file.path}: ${file.fixed}, so its lines are left as they are`);
  }

  async proposals(): Promise<readonly Made[]> {
    const { kinds } = this.#options.question;
    return [
      ...(kinds.includes('cache') ? [...this.#downloads(), ...(await this.#builds())] : []),
      ...(kinds.includes('fuse') ? this.#fuses() : []),
      ...(kinds.includes('order') ? this.#order() : []),
    ];
  }

  planned(): PlannedWorkflow {
    const { path, kind } = this.#original;
    const { history } = this.#options;
    const { jobs } = timed(this.#original.jobs.map(timeable), history);
    const known = this.#measured;
    return {
      path,
      kind,
      critical: criticalPath(jobs),
      forecast: forecast(jobs, this.#slots, history, this.#unmeasured),
      written: known ? simulate(jobs, this.#slots).makespan : null,
      best: known ? simulate(this.#jobs, this.#slots).makespan : null,
      notes: this.#notes,
    };
  }

  get #measured(): boolean {
    return this.#unmeasured.length < this.#original.jobs.length;
  }

  #adopt(text: string): void {
    this.#file = readWorkflowText(this.#file.path, this.#file.kind, text);
  }

  #texts(text: string): Made['texts'] {
    return new Map([[this.#file.path, text]]);
  }

  *#downloads(): Generator<Made> {
    const has = (path: string): boolean =>
      lstatSync(join(this.#options.root, path), { throwIfNoEntry: false })?.isFile() === true;
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const cached = cacheDownloads(this.#file, has);
      if (cached === undefined) return;
      const job = this.#file.jobs.find(({ id }) => id === cached.job);
      const times = stepTimes(cached.job, job?.steps.length ?? 0, this.#options.history);
      const takes = times?.[cached.helps]?.milliseconds;
      this.#adopt(cached.text);
      yield {
        kind: 'cache',
        title: `${this.#file.path}: ${cached.title}`,
        because: [
          cached.because,
          ...(takes === undefined
            ? []
            : [`the step that downloads took ${takes} ms here, of which a part is saved`]),
        ],
        saves: null,
        proof: 'same',
        doubts: [],
        texts: this.#texts(cached.text),
      };
    }
  }

  async #builds(): Promise<readonly Made[]> {
    const { history, root, question } = this.#options;
    if (!question.review) return [];
    const made: Made[] = [];
    const done = new Set<string>();
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const all = await unchangedSteps(this.#reader.git, root, this.#file, history?.runs ?? []);
      const next = all.find(({ job, step }) => !done.has(`${job} ${step}`));
      if (next === undefined) return made;
      done.add(`${next.job} ${next.step}`);
      const job = this.#file.jobs.find(({ id }) => id === next.job);
      const takes = stepTimes(next.job, job?.steps.length ?? 0, history)?.[next.step]?.milliseconds;
      const share = next.compared === 0 ? undefined : next.same / next.compared;
      if (next.text !== undefined) this.#adopt(next.text);
      made.push({
        kind: 'cache',
        title: `${this.#file.path}: ${next.job}, step ${next.step + 1} is the build target ${next.target}: nothing needs to run where its inputs are the same`,
        because: [
          `its inputs are ${next.inputs.slice(0, 12)} now`,
          next.compared === 0
            ? 'no two past runs are known by their commits'
            : `in ${next.same} of ${next.compared} past runs they were those of the run before`,
        ],
        saves: takes === undefined || share === undefined ? null : Math.round(takes * share),
        proof: 'review',
        doubts:
          next.text === undefined
            ? ['where it runs has to have bit, and keep its cache: bit build']
            : ['bit has to be on the PATH of the step', 'the build sees only the variables its target names'],
        texts: next.text === undefined ? new Map() : this.#texts(next.text),
      });
    }
    return made;
  }

  *#fuses(): Generator<Made> {
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const best = this.#bestFuse();
      if (best === undefined) return;
      const { fused, jobs, saves, shared } = best;
      this.#adopt(fused.text);
      this.#jobs = jobs;
      yield {
        kind: 'fuse',
        title: `${this.#file.path}: ${fused.first} and ${fused.second} become ${fused.id}`,
        because: [
          `both begin with the same ${fused.shared === 1 ? 'step' : `${fused.shared} steps`}, which then run once`,
          ...(shared === undefined ? [] : [`these take ${Math.round(shared)} ms`]),
          fused.series
            ? `${fused.second} waited for ${fused.first} as it is`
            : `${fused.second}'s own steps still run where one of ${fused.first}'s failed`,
        ],
        saves,
        proof: fused.doubts.length === 0 ? 'same' : 'review',
        doubts: fused.doubts,
        texts: this.#texts(fused.text),
      };
    }
  }

  /** The pair whose fusing makes a run shortest; none where each makes it longer. */
  #bestFuse() {
    const { jobs } = this.#file;
    const { makespan } = simulate(this.#jobs, this.#slots);
    let best:
      | {
          fused: Fused;
          jobs: readonly TimedJob[];
          saves: number | null;
          shared: number | undefined;
          span: number;
        }
      | undefined;
    let pairs = 0;
    for (const first of jobs)
      for (const second of jobs) {
        if (first === second || sharedSteps(first, second) === 0) continue;
        if (++pairs > MOST_PAIRS) return best;
        const series = second.needs.includes(first.id);
        // beside each other either may come first: the one that stands first does
        if (!series && jobs.indexOf(first) > jobs.indexOf(second)) continue;
        const fused = fuseJobs(this.#file, first.id, second.id);
        if (fused === undefined || (fused.doubts.length > 0 && !this.#options.question.review)) continue;
        const shared = this.#sharedTime(fused);
        // nobody knows whether one after the other takes longer than what is saved
        if (shared === undefined && !fused.series) continue;
        const made = this.#fusedJobs(fused, shared ?? 0);
        const span = simulate(made, this.#slots).makespan;
        if (span > makespan + 1e-6 || (best !== undefined && span >= best.span)) continue;
        best = {
          fused,
          jobs: made,
          shared,
          span,
          saves: shared === undefined ? null : Math.round(makespan - span),
        };
      }
    return best;
  }

  #sharedTime({ first, shared }: Fused): number | undefined {
    const job = this.#original.jobs.find(({ id }) => id === first);
    const times = stepTimes(first, job?.steps.length ?? 0, this.#options.history);
    if (times === undefined) return undefined;
    return times.slice(0, shared).reduce((sum, { milliseconds }) => sum + (milliseconds ?? 0), 0);
  }

  #fusedJobs({ first, second, id }: Fused, shared: number): readonly TimedJob[] {
    const of = (name: string): TimedJob => this.#jobs.find((job) => job.id === name) as TimedJob;
    const takes = Math.max(lengthOf(of(first)), lengthOf(of(first)) + lengthOf(of(second)) - shared);
    return this.#jobs.flatMap((job): TimedJob[] => {
      if (job.id === second) return [];
      const needs = [...new Set(job.needs.map((need) => (need === first || need === second ? id : need)))];
      if (job.id === first) return [{ ...job, id, instances: [takes], lanes: 1 }];
      return [{ ...job, needs }];
    });
  }

  #order(): readonly Made[] {
    if (!this.#measured || this.#file.fixed !== undefined) return [];
    const { order, makespan, written } = orderJobs(this.#jobs, this.#slots);
    if (makespan >= written) return [];
    const text = reorderJobs(this.#file, order);
    if (text === undefined) {
      this.#notes.push(
        `${this.#file.path}: its jobs would be quicker as ${order.join(', ')}, and can't be moved as they are written`,
      );
      return [];
    }
    const byId = new Map(this.#jobs.map((job) => [job.id, job]));
    const { jobs: way } = criticalPath(this.#jobs);
    this.#jobs = order.map((id) => byId.get(id) as TimedJob);
    this.#adopt(text);
    return [
      {
        kind: 'order',
        title: `${this.#file.path}: its jobs in another order`,
        because: [
          `on ${this.#slots} ${this.#slots === 1 ? 'slot' : 'slots'} ${Math.round(written)} ms become ${Math.round(makespan)} ms, by the middle of past runs`,
          `the longest way is ${way.join(' → ')}`,
        ],
        saves: Math.round(written - makespan),
        proof: 'same',
        doubts: [],
        texts: this.#texts(text),
      },
    ];
  }
}
