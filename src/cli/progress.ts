import { printable } from '../kernel/text.ts';
import type { Progress, StepProgress, StepRunner } from '../operation/index.ts';
import type { Globals } from './command.ts';
import type { Io } from './io.ts';

/** Nothing is shown of work that ends sooner. */
const PATIENCE_MS = 500;

/** One step as a view shows it. Work never waits for a view. */
export class ShownStep implements StepProgress {
  readonly title: string;
  readonly ended: Promise<void>;
  /** Told of every update while a view looks. */
  watcher: (() => void) | undefined;
  latest: { readonly stage: string; readonly done: number; readonly total: number | undefined } | undefined;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped' = 'waiting';
  #end: () => void = () => undefined;

  constructor(title: string) {
    this.title = printable(title);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  readonly update = (stage: string, done: number, total: number | undefined): void => {
    this.latest = { stage: printable(stage), done, total };
    this.watcher?.();
  };

  settle(state: 'done' | 'failed' | 'skipped'): void {
    if (this.state === 'waiting' || this.state === 'running') this.state = state;
    this.#end();
  }
}

/** `Receiving objects ███████░░░ 70% (7/10)`, or a count where the total isn't known. */
export function barText({ latest }: Pick<ShownStep, 'latest'>, bar = true): string {
  if (latest === undefined) return '';
  const { stage, done, total } = latest;
  if (total === undefined || total <= 0) return done > 0 ? `${stage} ${done}` : stage;
  const part = Math.min(1, done / total);
  const drawn = bar ? ` ${'█'.repeat(Math.round(part * 20)).padEnd(20, '░')}` : '';
  return `${stage}${drawn} ${Math.floor(part * 100)}% (${done}/${total})`;
}

interface View {
  end(): Promise<void>;
}

const NO_VIEW: View = { end: async () => undefined };

/** A list with bars on a terminal (listr2), plain lines elsewhere, nothing under `--quiet` and `--json`. */
function openView(io: Io, globals: Globals, steps: readonly ShownStep[]): View {
  if (globals.quiet === true || globals.json === true || globals.jq !== undefined) return NO_VIEW;
  return io.stderrIsTerminal && io.env['TERM'] !== 'dumb' ? openList(io, steps) : openLines(io, steps);
}

/** listr2 takes long to load: only for work that takes longer. */
function openList(io: Io, steps: readonly ShownStep[]): View {
  let over = false;
  let shown: Promise<void> | undefined;
  const timer = setTimeout(() => {
    shown = import('./progress-list.ts').then((list) =>
      over ? undefined : list.showSteps(io, steps, () => over),
    );
    // a view that fails is no failure of the work
    shown.catch(() => undefined);
  }, PATIENCE_MS);
  return {
    async end() {
      over = true;
      clearTimeout(timer);
      await shown?.catch(() => undefined);
    },
  };
}

/** A line a step and stage, once it has lasted. */
function openLines(io: Io, steps: readonly ShownStep[]): View {
  const started = io.now().getTime();
  let last = '';
  const say = (line: string, what: string): void => {
    if (what === last) return;
    last = what;
    io.stderr.write(`${line}\n`);
  };
  const timer = setTimeout(() => {
    const running = steps.find(({ state, latest }) => state === 'running' && latest === undefined);
    if (running !== undefined) say(running.title, running.title);
  }, PATIENCE_MS);
  timer.unref?.();
  for (const step of steps) {
    step.watcher = () => {
      if (io.now().getTime() - started < PATIENCE_MS || step.state !== 'running') return;
      const text = barText(step, false);
      say(text === '' ? step.title : `${step.title}: ${text}`, `${step.title}: ${step.latest?.stage ?? ''}`);
    };
  }
  return {
    async end() {
      clearTimeout(timer);
    },
  };
}

/** The step that runs on each world's terminal: work inside it reports to it, and opens no view of its own. */
const running = new WeakMap<Io, ShownStep>();

/** Runs work of several steps and shows where it is. */
export async function runTasks<Result>(
  io: Io,
  globals: Globals,
  titles: readonly string[],
  work: (step: StepRunner) => Promise<Result>,
): Promise<Result> {
  const outer = running.get(io);
  if (outer !== undefined) {
    return work((title, inner) => {
      outer.update(title, 0, undefined);
      return inner(outer);
    });
  }
  const steps = titles.map((title) => new ShownStep(title));
  const view = openView(io, globals, steps);
  const step: StepRunner = async (title, inner) => {
    const shown = steps[titles.indexOf(title)];
    if (shown === undefined) throw new Error(`no step was announced as ${title}`);
    if (shown.state === 'waiting') shown.state = 'running';
    shown.watcher?.();
    running.set(io, shown);
    try {
      const result = await inner(shown);
      shown.settle('done');
      return result;
    } catch (error) {
      shown.settle('failed');
      throw error;
    } finally {
      running.delete(io);
    }
  };
  try {
    return await work(step);
  } finally {
    for (const shown of steps) shown.settle('skipped');
    await view.end();
  }
}

/** One step that its caller ends. */
export function openProgress(io: Io, globals: Globals, title: string): Progress {
  const outer = running.get(io);
  if (outer !== undefined) return { update: outer.update, end: () => undefined };
  const shown = new ShownStep(title);
  shown.state = 'running';
  const view = openView(io, globals, [shown]);
  return {
    update: shown.update,
    end() {
      shown.settle('done');
      void view.end();
    },
  };
}
