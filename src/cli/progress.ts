import type { Progress, StepRunner } from '../operation/index.ts';
import type { Globals } from './command.ts';
import type { Io } from './io.ts';
import { barText, ShownStep } from './progress-step.ts';

/** Nothing is shown of work that ends sooner. */
const PATIENCE_MS = 500;

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
