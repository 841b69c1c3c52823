import { readContent } from '../kernel/content-store.ts';
import { shorten } from '../kernel/text.ts';
import type { Elsewhere } from './elsewhere.ts';
import { namedEnvironment } from './environment.ts';
import { type FileImage, type Files, keep, leadsOut } from './files.ts';
import { digestInputs } from './key.ts';
import type { OutputLog } from './log.ts';
import type { Target } from './model.ts';
import type { BuildPlan } from './plan.ts';
import { refusal } from './share.ts';
import { broughtBack, machineOf, toldTarget } from './work.ts';

export interface SendOptions {
  readonly plan: BuildPlan;
  readonly elsewhere: Elsewhere;
  readonly prefix: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What nobody's build may write. */
  readonly inputs: ReadonlySet<string>;
  /** Its result may be taken for what comes of the same. */
  readonly key: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly show: ((line: string) => void) | undefined;
}

export interface SentTarget {
  readonly log: OutputLog;
  readonly job: string | undefined;
  /** Why it was not built. */
  readonly fault?: string;
  readonly exitCode: number;
  /** Their bytes are in the store. */
  readonly outputs: ReadonlyMap<string, FileImage>;
  readonly uncached?: string;
}

const NONE: ReadonlyMap<string, FileImage> = new Map();
const LONGEST_LINK = 4096;

/**
 * Has a target run on another machine: the work tree goes along, and what the targets before it left.
 *
 * @throws BitError `integrity` where it left there what is not its to leave
 */
export async function sendTarget(target: Target, options: SendOptions): Promise<SentTarget> {
  const { plan, elsewhere, prefix, env, inputs, key, timeoutMs, show } = options;
  const keyed = plan.keyed.get(target.id);
  const came = await elsewhere.run({
    ...{ source: 'build', name: target.id, about: toldTarget(target), prefix, timeoutMs, show },
    env: Object.fromEntries(namedEnvironment(target, env)),
    prepare: plan.settings.prepare,
    needs: leftBefore(plan, target),
    ...(key === undefined || keyed === undefined
      ? {}
      : {
          same: {
            key,
            holds: () => digestInputs(plan, target, keyed.files).digest === keyed.inputs,
          },
        }),
  });
  const { log, job, ended, exitCode, why, report } = came;
  if (ended !== 'exit' || exitCode !== 0 || report === undefined) {
    const fault =
      ended === 'timeout'
        ? 'it took longer than it may'
        : ended === 'exit'
          ? `it ended with ${exitCode}`
          : shorten(why ?? '', 500);
    return { log, job, fault, exitCode, outputs: NONE };
  }
  const here = await machineOf(target.tools, { env, state: plan.state });
  const { files, uncached } = broughtBack(report, {
    ...{ target, here },
    refusal: (path, image) => refusal(path, image, target, inputs) ?? badLink(plan, path, image),
  });
  const outputs = new Map<string, FileImage>();
  for (const [path, image] of files) if (image !== null) outputs.set(path, image);
  return { log, job, exitCode, outputs, ...(uncached === undefined ? {} : { uncached }) };
}

/** What the targets it depends on left, by whichever way. */
function leftBefore(plan: BuildPlan, target: Target): Files {
  const left = new Map<string, FileImage>();
  const open = [...target.depends];
  const seen = new Set(open);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const [path, image] of plan.state.target(id)?.outputs ?? []) {
      if (image === null) continue;
      keep(plan, path, image);
      left.set(path, image);
    }
    for (const next of plan.targets.find((one) => one.id === id)?.depends ?? []) {
      if (!seen.has(next)) open.push(next);
      seen.add(next);
    }
  }
  return left;
}

function badLink({ store }: BuildPlan, path: string, image: FileImage | null): string | undefined {
  if (image?.kind !== 'l') return undefined;
  const leads = readContent(store, image.sha256, LONGEST_LINK)?.toString('utf8');
  return leads === undefined || leadsOut(path, leads)
    ? `has a link that leads out of the repository, ${path}`
    : undefined;
}
