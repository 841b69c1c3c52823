import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runGit } from '../../git/index.ts';
import { BitError } from '../../kernel/errors.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { StepTools, WorkflowSource } from '../../workflow/index.ts';
import { openAnswers } from '../host/answers.ts';
import { codeAmong } from '../host/code.ts';
import type { Handling } from '../host/handling.ts';
import type { BotSeam } from '../host/seam.ts';
import { runShell } from '../host/shell.ts';
import { LIST_FILES } from '../host/tree.ts';
import { runWorker } from '../host/worker.ts';
import { CODE } from './carry.ts';
import { Replay } from './replay.ts';
import {
  type FarResult,
  LONGEST_LINE,
  MOST_LINES,
  MOST_REFUSED,
  type Refusal,
  writeResult,
} from './result.ts';
import { type FarTask, REPORT, REPORT_FILE, readTask, SOURCE, TASK, TASK_FILE } from './task.ts';

/** What the program in a runner's room knows of the `bit` it is of. */
export interface FarSeam extends Pick<BotSeam, 'program' | 'bundled' | 'shim'> {
  /** The room has nothing of its machine but programs, the tree, and what is the job's. */
  readonly confined: boolean;
}

/** On a runner: one event handled as far as the journal that came along goes, and what is to be known of that. */
export function botWork(seam: FarSeam): WorkflowSource {
  return {
    kind: SOURCE,
    find: async () => [],
    load: async (request, { root }) => ({
      name: request.workflow,
      jobs: [
        {
          id: 'run',
          title: request.workflow,
          needs: [],
          plan: () => ({
            kind: 'steps',
            env: {},
            steps: [
              {
                id: 'handle',
                title: request.workflow,
                prepare: () => ({ kind: 'native', run: (tools) => perform(seam, root, tools) }),
              },
            ],
          }),
        },
      ],
    }),
  };
}

async function perform(seam: FarSeam, root: string, tools: StepTools): Promise<void> {
  const { runDirectory } = tools.state;
  const folder = join(runDirectory, TASK);
  await tools.artifacts.get(TASK, folder);
  const task = readTask(readFileSync(join(folder, TASK_FILE), 'utf8'));
  const result = await handle(task, { seam, root, tools, folder: runDirectory });
  const report = join(folder, REPORT_FILE);
  writeFileSync(report, writeResult(result), { mode: 0o600 });
  await tools.artifacts.put(REPORT, [{ path: REPORT_FILE, from: report }]);
  if (result.end.kind === 'failed') throw new BitError('failed', result.end.why);
}

interface Here {
  readonly seam: FarSeam;
  readonly root: string;
  readonly tools: StepTools;
  /** Of the job's own. */
  readonly folder: string;
}

async function handle(task: FarTask, here: Here): Promise<FarResult> {
  const { bot } = task;
  const { handler } = bot.manifest;
  const said: string[] = [];
  const refused: Refusal[] = [];
  const over = new AbortController();
  let stopped: BitError | undefined;
  let tree = false;
  const replay = new Replay({ journal: task.journal, fixed: task.fixed, over: () => over.abort() });
  const stop = (why: string): BitError => {
    stopped ??= new BitError('failed', why);
    over.abort();
    return stopped;
  };
  const handling: Handling = {
    ...placeOf(task, here),
    code: await codeFor(task, here),
    signal: AbortSignal.any([here.tools.signal, over.signal]),
    hostEnds: here.tools.signal,
    stopped: over.signal,
    say(line) {
      if (said.length >= MOST_LINES) throw stop(`it says more than ${MOST_LINES} lines for one event`);
      said.push(printable(shorten(line, LONGEST_LINE)));
      return Buffer.byteLength(line);
    },
    stop,
    used() {
      tree = true;
    },
    async refused(method, args, error) {
      if (refused.length >= MOST_REFUSED) throw stop('it was refused too often');
      refused.push({
        method: method.slice(0, 100),
        args: args.slice(0, 20).map((one) => String(one).slice(0, 200)),
        message: error.message.slice(0, LONGEST_LINE),
      });
    },
  };
  const { answers, set } = openAnswers(handling, (words, asked) => replay.call(words, asked));
  const told = (end: FarResult['end']): FarResult => ({
    end,
    lines: said.slice(task.told),
    refused: refused.slice(task.refused),
    tree,
  });
  const failed = (why: unknown): FarResult =>
    told({
      kind: 'failed',
      why: printable(shorten(why instanceof Error ? why.message : String(why), LONGEST_LINE)),
    });
  let fault: unknown;
  try {
    if (handler.kind === 'script' && handler.language === 'shell') {
      const scratch = join(here.folder, 'scratch');
      mkdirSync(scratch, { recursive: true, mode: 0o700 });
      await runShell(handling, answers, scratch);
    } else await runWorker(handling, answers);
  } catch (error) {
    if (here.tools.signal.aborted) throw error;
    fault = error;
  }
  const why = stopped ?? replay.stray;
  if (why !== undefined) return failed(why);
  // also where its handler did not wait for that call
  if (replay.wanted !== undefined) return told({ kind: 'wants', ...replay.wanted });
  return fault === undefined ? told({ kind: 'done', set: Object.fromEntries(set) }) : failed(fault);
}

/** What of it is known before anything runs. */
function placeOf(
  { bot, event, context, state, now }: FarTask,
  { seam, root, tools, folder }: Here,
): Omit<Handling, 'code' | 'signal' | 'hostEnds' | 'stopped' | 'say' | 'stop' | 'used' | 'refused'> {
  // nothing of what the job inherits: it is for workflows
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', HOME: folder };
  return {
    ...{ bot, event, root, env, seam, now },
    context: context ?? undefined,
    state: new Map(Object.entries(state)),
    stateDirectory: folder,
    room: seam.confined ? 'around' : 'own',
    async listed() {
      const { stdout } = await runGit([...LIST_FILES], { cwd: root, env, signal: tools.signal });
      return stdout.split('\0');
    },
  };
}

/** Of a plugin what came along; of a bundled one what this `bit` has. */
async function codeFor({ bot, module }: FarTask, { seam, tools, folder }: Here): Promise<Handling['code']> {
  const { handler } = bot.manifest;
  if (handler.kind !== 'plugin' || module === undefined) return (wanted) => codeAmong(seam.bundled, wanted);
  const directory = join(folder, CODE);
  await tools.artifacts.get(CODE, directory);
  return () => ({ directory, module });
}
