import {
  createWritable,
  Listr,
  ListrDefaultRendererLogLevels,
  ListrLogger,
  type ListrTask,
  ProcessOutput,
} from 'listr2';
import { printable, shorten } from '../kernel/text.ts';
import type { RunView } from '../operation/index.ts';
import type { Result, RunEvent } from '../workflow/index.ts';
import { duration } from './duration.ts';
import type { Io } from './io.ts';
import { sized } from './progress-list.ts';

/** A tree of more jobs than this moves faster than anybody reads; the rest is counted. */
const MOST_JOBS = 200;

const REDRAW_MS = 80;

/** Marks of high contrast: bright and bold, black on white where it failed. */
const contrast =
  (code: string) =>
  (text?: string): string =>
    `\u001b[${code}m${text ?? ''}\u001b[0m`;
const BRIGHT = {
  [ListrDefaultRendererLogLevels.COMPLETED]: contrast('1;97'),
  [ListrDefaultRendererLogLevels.FAILED]: contrast('1;7'),
  [ListrDefaultRendererLogLevels.PENDING]: contrast('1;97'),
  [ListrDefaultRendererLogLevels.OUTPUT]: contrast('97'),
  [ListrDefaultRendererLogLevels.SKIPPED_WITH_COLLAPSE]: contrast('97'),
  [ListrDefaultRendererLogLevels.SKIPPED_WITHOUT_COLLAPSE]: contrast('97'),
};

/** A job or step of the tree: a task that lasts as long as what it shows. */
interface Shown {
  readonly title: string;
  readonly ended: Promise<Result>;
  end(result: Result, note: string): void;
  note: string;
  /** Set while it is on the screen. */
  task: { title: string; output: string; skip(message?: string): void } | undefined;
  children: Shown[];
  /** Adds a child to the list on the screen. */
  grow: ((child: Shown) => void) | undefined;
}

/** The live tree on stderr: jobs, their steps, the last line of each that runs. Only a view: work never waits for it. */
export function openTree(io: Io, highContrast = false): RunView {
  const jobs = new Map<string, Shown>();
  const steps = new Map<string, Shown>();
  const output = new ProcessOutput(sized(io), createWritable(() => undefined) as NodeJS.WriteStream, {
    leaveEmptyLine: false,
  });
  const list = new Listr<unknown, 'default'>([], {
    concurrent: true,
    exitOnError: false,
    registerSignalListeners: false,
    renderer: 'default',
    forceTTY: true,
    rendererOptions: {
      logger: new ListrLogger({ processOutput: output, useIcons: true }),
      showErrorMessage: false,
      collapseErrors: false,
      collapseSubtasks: false,
      removeEmptyLines: true,
      ...(highContrast ? { color: BRIGHT } : {}),
    },
  });
  const over = shown('run');
  // keeps the list open until the run is over; it has no title of its own
  list.add({ title: '', task: async () => void (await over.ended) });
  const { write } = io.stderr;
  const running = list.run().catch(() => undefined);
  const watch = (event: RunEvent): void => {
    switch (event.event) {
      case 'job-started': {
        if (jobs.size >= MOST_JOBS) return;
        const job = shown(event.title);
        jobs.set(event.job, job);
        grow(list, taskOf(job, false));
        return;
      }
      case 'step-started': {
        const job = jobs.get(event.job);
        if (job === undefined) return;
        const step = shown(event.title);
        steps.set(`${event.job} ${event.step}`, step);
        job.children.push(step);
        job.grow?.(step);
        return;
      }
      case 'step-output': {
        const step = steps.get(`${event.job} ${event.step}`);
        if (step !== undefined) draw(step, event.line);
        return;
      }
      case 'step-retrying': {
        const step = steps.get(`${event.job} ${event.step}`);
        if (step !== undefined)
          draw(step, `try ${event.failed} failed; again in ${duration(event.milliseconds)}`);
        return;
      }
      case 'step-finished':
        steps.get(`${event.job} ${event.step}`)?.end(event.conclusion, event.error ?? '');
        return;
      case 'job-finished':
        jobs.get(event.job)?.end(event.result, event.why ?? '');
        return;
      default:
        return;
    }
  };
  return {
    watch,
    async end() {
      for (const one of [...steps.values(), ...jobs.values()]) one.end('cancelled', '');
      over.end('success', '');
      await running;
      io.stderr.write = write;
    },
  };
}

/** A list of listr2's as it is inside: one that runs draws what is added to it, and leaves running it to others. */
interface Growing {
  readonly tasks: readonly unknown[];
  add(task: unknown): void;
  runTask(task: unknown): Promise<void>;
}

function grow(list: unknown, task: unknown): void {
  const growing = list as Growing;
  growing.add(task);
  growing.runTask(growing.tasks.at(-1)).catch(() => undefined);
}

function shown(title: string): Shown {
  let resolve: (result: Result) => void = () => undefined;
  const ended = new Promise<Result>((settle) => {
    resolve = settle;
  });
  const made: Shown = {
    title: shorten(printable(title), 100),
    ended,
    note: '',
    task: undefined,
    children: [],
    grow: undefined,
    end(result, note) {
      made.note = printable(note);
      resolve(result);
    },
  };
  return made;
}

let drawn = 0;

function draw(step: Shown, line: string): void {
  const now = Date.now();
  if (step.task === undefined || now - drawn < REDRAW_MS) return;
  drawn = now;
  step.task.output = shorten(printable(line), 200);
}

function taskOf(of: Shown, leaf: boolean): ListrTask<unknown, never> {
  return {
    title: of.title,
    task: async (_: unknown, task: never) => {
      const mine = task as unknown as NonNullable<Shown['task']> & {
        newListr(tasks: unknown[], options: unknown): Growing;
      };
      of.task = mine;
      const finish = async (): Promise<void> => {
        const result = await of.ended;
        of.task = undefined;
        if (result === 'skipped') mine.skip();
        if (result === 'failure' || result === 'cancelled') throw new Error(of.note || result);
      };
      if (leaf) return finish();
      // a job's own end keeps its list of steps open
      const inner = mine.newListr([], { concurrent: true, exitOnError: false });
      for (const child of of.children) inner.add(taskOf(child, true));
      of.grow = (child) => grow(inner, taskOf(child, true));
      inner.add({ title: '', task: finish });
      return inner;
    },
  } as unknown as ListrTask<unknown, never>;
}
