import { printable, shorten } from '../kernel/text.ts';
import type { RunView } from '../operation/index.ts';
import { readSection, type Specification } from '../specification/index.ts';
import type { RunEvent } from '../workflow/index.ts';
import type { Globals } from './command.ts';
import { duration } from './duration.ts';
import { type Io, wantsColour } from './io.ts';

/** How people want to see it: `support.ux.logs` of `.bithub.yml`. */
type LogWishes = NonNullable<NonNullable<NonNullable<Specification['support']>['ux']>['logs']>;

/** A run as it goes: events under `--json`, a live tree on a terminal, timestamped lines elsewhere; `root`: whose wishes. */
export function openRunView(io: Io, globals: Globals, root?: string): RunView {
  if (globals.jq !== undefined) return NO_VIEW;
  if (globals.json === true) return jsonView(io);
  if (globals.quiet === true) return NO_VIEW;
  const wanted = wishesOf(root);
  const tree = io.stderrIsTerminal && io.env['TERM'] !== 'dumb' && wanted.treeView !== false;
  return tree ? treeView(io, wanted.highContrast === true) : lineView(io, wanted);
}

/** A fault in the file is told by whoever obeys more of it: what a run looks like stops none. */
function wishesOf(root: string | undefined): LogWishes {
  try {
    return root === undefined ? {} : (readSection(root, 'support').ux?.logs ?? {});
  } catch {
    return {};
  }
}

const NO_VIEW: RunView = { watch: () => undefined, end: async () => undefined };

function jsonView(io: Io): RunView {
  return {
    watch: (event) => void io.stdout.write(`${JSON.stringify(event)}\n`),
    end: async () => undefined,
  };
}

/** Loaded when there is something to show: listr2 is slow to load. What happens meanwhile is shown then. */
function treeView(io: Io, highContrast: boolean): RunView {
  const early: RunEvent[] = [];
  let tree: RunView | undefined;
  const loading = import('./run-tree.ts').then(({ openTree }) => {
    tree = openTree(io, highContrast);
    for (const event of early.splice(0)) tree.watch(event);
  });
  // a view that fails is no failure of the work
  loading.catch(() => undefined);
  return {
    watch(event) {
      if (tree === undefined) early.push(event);
      else tree.watch(event);
    },
    async end() {
      await loading.catch(() => undefined);
      await tree?.end();
    },
  };
}

function lineView(io: Io, { timestamps = 'iso8601', highContrast = false }: LogWishes): RunView {
  let first: number | undefined;
  const names = new Map<string, string>();
  const time = (at: string): string => {
    if (timestamps === 'none') return '';
    first ??= Date.parse(at);
    return timestamps === 'relative' ? `+${((Date.parse(at) - first) / 1000).toFixed(3)}s ` : `${at} `;
  };
  const paint = wantsColour(io, 'stderr') ? (highContrast ? CONTRAST : COLOURS) : undefined;
  return {
    watch(event) {
      // one that is skipped never begins
      if (event.event === 'step-started' || event.event === 'step-finished')
        names.set(`${event.job} ${event.step}`, stepName(event.step, event.title));
      const text = lineOf(event, names);
      if (event.event === 'step-finished') names.delete(`${event.job} ${event.step}`);
      if (text === undefined) return;
      const line = `${time(event.at)}${printable(text)}`;
      const code = paint?.[toneOf(event)] ?? '';
      io.stderr.write(code === '' ? `${line}\n` : `\u001b[${code}m${line}\u001b[0m\n`);
    },
    end: async () => undefined,
  };
}

type Tone = 'good' | 'bad' | 'plain';
/** Select graphic rendition (ECMA-48). High contrast: bright and bold, black on white where it failed. */
const COLOURS: Readonly<Record<Tone, string>> = { good: '32', bad: '31', plain: '' };
const CONTRAST: Readonly<Record<Tone, string>> = { good: '1;97', bad: '1;7', plain: '97' };

function toneOf(event: RunEvent): Tone {
  const result =
    event.event === 'step-finished' ? event.conclusion : 'result' in event ? event.result : undefined;
  if (result === 'failure' || (event.event === 'annotation' && event.annotation.level === 'error'))
    return 'bad';
  return result === 'success' ? 'good' : 'plain';
}

const MARKS = {
  success: 'ok',
  failure: 'FAILED',
  cancelled: 'cancelled',
  skipped: 'skipped',
  waiting: 'waits',
} as const;

/** What a step is called before its lines: its id, or its title where the source made the id up. */
function stepName(step: string, title: string): string {
  return /(?:^|\/)_[^/]*$/.test(step) ? shorten(title, 40) : step;
}

/**
 * An event as a line of a log; undefined for what needs none. `names` holds what the steps that began are called, by job
 * and step.
 */
export function lineOf(event: RunEvent, names: ReadonlyMap<string, string> = new Map()): string | undefined {
  const called = (job: string, step: string): string => names.get(`${job} ${step}`) ?? step;
  switch (event.event) {
    case 'run-started': {
      const kept = event.kept === 0 ? '' : `, ${event.kept} steps kept`;
      return `run ${event.run} of ${event.workflow}, attempt ${event.attempt}${kept}`;
    }
    case 'job-started':
      return `[${event.job}] started: ${event.title}`;
    case 'job-waiting':
      return `[${event.job}] waits: ${event.why}`;
    case 'job-finished': {
      const why = event.why === undefined ? '' : `: ${event.why}`;
      return `[${event.job}] ${MARKS[event.result]} after ${duration(event.milliseconds)}${why}`;
    }
    case 'step-started':
      return called(event.job, event.step) === shorten(event.title, 40)
        ? `[${event.job}] ${event.title}`
        : `[${event.job}] ${called(event.job, event.step)}: ${event.title}`;
    case 'step-output':
      return `[${event.job}] ${called(event.job, event.step)} | ${event.line}`;
    case 'step-retrying':
      return `[${event.job}] ${called(event.job, event.step)} failed, try ${event.failed}; again in ${duration(event.milliseconds)}`;
    case 'step-finished': {
      const why = event.error === undefined ? '' : `: ${event.error}`;
      return `[${event.job}] ${called(event.job, event.step)} ${MARKS[event.outcome]} after ${duration(event.milliseconds)}${why}`;
    }
    case 'annotation': {
      const { level, message, file, line } = event.annotation;
      const where = file === undefined ? '' : ` ${file}${line === undefined ? '' : `:${line}`}`;
      return `[${event.job}] ${level}${where}: ${message}`;
    }
    case 'artifact':
      return `[${event.job}] artifact ${event.artifact.name}, ${event.artifact.files.length} files`;
    case 'run-finished':
      return `run ${event.run} ${MARKS[event.result]} after ${duration(event.milliseconds)}`;
    default:
      return undefined;
  }
}
