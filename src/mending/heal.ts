import { botAilments } from '../bots/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import type { Paper } from '../kernel/paper.ts';
import { printable } from '../kernel/text.ts';
import type { Answer, Effect, Reader, Writer } from '../operation/index.ts';
import { diagnose as diagnoseRepository, type Scope as RepairScope, repair } from '../repair/index.ts';
import { named, rootOf, workTreeFiles } from '../runs/index.ts';
import { keeperRuns, readSchedules, removeSchedule } from '../schedule/index.ts';
import { listRuns, sandboxFault } from '../workflow/index.ts';
import { type Diagnosed, diagnose, mendHere } from './autofix.ts';
import { leftWorkshops, sweepWorkshops } from './workshop.ts';

/** What can be looked at by name; `repo` is all of them, `global` also what lies outside of this clone. */
export const HEAL_SCOPES = ['locks', 'intents', 'hooks', 'schedules', 'runs', 'bots'] as const;
export type HealScope = (typeof HEAL_SCOPES)[number];

export interface Healed {
  readonly scope: HealScope | 'repository' | 'leftovers';
  readonly what: string;
  readonly did: string;
  /** `left`: found, and nothing here puts it right; what a person does is said. */
  readonly state: 'healed' | 'left' | 'failed';
}

export interface HealResult {
  readonly healed: readonly Healed[];
}

/** One thing that is wrong, what would be done, and how. */
interface Ailment {
  readonly scope: Healed['scope'];
  readonly what: string;
  readonly fix: string;
  readonly heal?: (writer: Writer) => Promise<Omit<Healed, 'scope' | 'what'>>;
}

const REPAIRED: Readonly<Record<'locks' | 'intents' | 'hooks', readonly RepairScope[]>> = {
  // an open operation may need the index that a stale lock holds
  locks: ['locks'],
  intents: ['locks', 'index', 'intents'],
  hooks: ['hooks'],
};
const ALL_REPAIRED: readonly RepairScope[] = ['ledger', 'locks', 'index', 'intents', 'hooks', 'leftovers'];

/** `bit bot selfheal`: everything that is wrong here and can be put right without anybody's judgement. */
export async function selfheal(
  reader: Reader,
  scope: string,
): Promise<Effect<HealResult> | Answer<HealResult>> {
  const single = HEAL_SCOPES.find((one) => one === scope);
  const wanted = (one: HealScope): boolean => single === undefined || single === one;
  const repaired =
    single === undefined
      ? ALL_REPAIRED
      : single === 'schedules' || single === 'runs' || single === 'bots'
        ? []
        : REPAIRED[single];
  const mechanical =
    repaired.length === 0 ? undefined : await repair(reader, { scopes: repaired, elsewhere: false });
  if (mechanical !== undefined && 'answer' in mechanical) return salvaged(mechanical);
  const found = repaired.length === 0 ? [] : await diagnoseRepository(reader, repaired);
  const ailments = [
    ...(wanted('schedules') ? await deadSchedules(reader) : []),
    ...(wanted('runs') ? await failedRuns(reader) : []),
    ...(wanted('bots') ? await sickBots(reader) : []),
    ...(scope === 'global' ? leftovers(reader) : []),
  ];
  const lines = [
    ...found.map(({ what, fix }) => `${what}: ${fix}`),
    ...ailments.map(({ what, fix }) => `${what}: ${fix}`),
  ];
  return {
    summary: lines.length === 0 ? 'heal nothing' : `heal ${lines.length} findings`,
    target: { scope, findings: lines.slice(0, 100) },
    plan: lines.length === 0 ? ['nothing is wrong'] : lines,
    touches: { refs: [] },
    beside: true,
    async run(writer) {
      const healed: Healed[] = [];
      if (mechanical !== undefined && found.length > 0) healed.push(...(await repairAll(writer, mechanical)));
      for (const ailment of ailments) healed.push(await healOne(writer, ailment));
      return { healed };
    },
    record: ({ healed }) => ({ healed: healed.slice(0, 100).map((one) => ({ ...one })) }),
  };
}

/** A damaged ledger records nothing: what verifies of it is put aside, and nothing else is done. */
function salvaged(
  answer: Answer<{ readonly failed: readonly { readonly what: string; readonly did: string }[] }>,
): Answer<HealResult> {
  return {
    ...(answer.reads === undefined ? {} : { reads: answer.reads }),
    async answer(dryRun) {
      const { failed } = await answer.answer(dryRun);
      return { healed: failed.map(({ what, did }) => ({ scope: 'repository', what, did, state: 'failed' })) };
    },
  };
}

async function repairAll(
  writer: Writer,
  effect: Effect<{
    readonly fixed: readonly Told[];
    readonly failed: readonly Told[];
    readonly left: readonly string[];
  }>,
): Promise<readonly Healed[]> {
  const { fixed, failed, left } = await writer.perform(
    { action: 'repair.run', event: 'REPAIR', command: 'bot.selfheal', args: {} },
    effect,
  );
  const scopeOf = (scope: string): Healed['scope'] =>
    HEAL_SCOPES.find((one) => one === scope) ?? 'repository';
  return [
    ...fixed.map(({ scope, what, did }): Healed => ({ scope: scopeOf(scope), what, did, state: 'healed' })),
    ...failed.map(({ scope, what, did }): Healed => ({ scope: scopeOf(scope), what, did, state: 'failed' })),
    ...left.map(
      (what): Healed => ({
        scope: 'intents',
        what,
        did: 'left open; once it has surely ended: bit repair --elsewhere',
        state: 'left',
      }),
    ),
  ];
}

interface Told {
  readonly scope: string;
  readonly what: string;
  readonly did: string;
}

async function healOne(writer: Writer, { scope, what, fix, heal }: Ailment): Promise<Healed> {
  if (heal === undefined) return { scope, what, did: fix, state: 'left' };
  try {
    return { scope, what, ...(await heal(writer)) };
  } catch (error) {
    if (!isBitError(error) || error.code === 'cancelled') throw error;
    return { scope, what, did: error.message, state: 'failed' };
  }
}

/** Schedules of workflows that are gone, and schedules that nobody keeps. */
async function deadSchedules(reader: Reader): Promise<readonly Ailment[]> {
  if (reader.repository === undefined) return [];
  const schedules = readSchedules(reader.stateDirectory);
  const root = rootOf(reader);
  const files = workTreeFiles(root);
  const found: Ailment[] = [];
  let alive = 0;
  for (const { name, workflow } of schedules) {
    const gone = await named(workflow, files, root).then(
      () => false,
      (error: unknown) => {
        if (isBitError(error)) return error.code === 'not-found';
        throw error;
      },
    );
    if (!gone) alive++;
    else
      found.push({
        scope: 'schedules',
        what: `schedule ${printable(name)} runs ${printable(workflow)}, and there is no such workflow`,
        fix: 'take the schedule away',
        async heal(writer) {
          const request = {
            action: 'workflow.schedule',
            event: 'SCHEDULE_REMOVE',
            command: 'bot.selfheal',
            args: { name },
          };
          await writer.perform(request, await removeSchedule(writer, name));
          return { did: 'took the schedule away', state: 'healed' };
        },
      });
  }
  if (alive > 0 && !keeperRuns(reader.stateDirectory))
    found.push({
      scope: 'schedules',
      what: `${alive} ${alive === 1 ? 'schedule is' : 'schedules are'} due by the clock, and no process keeps them`,
      fix: 'start one: bit schedule run; or for good: bit schedule run --install',
    });
  return found;
}

/** Bots that crashed, gave events up or keep failing. */
async function sickBots(reader: Reader): Promise<readonly Ailment[]> {
  return (await botAilments(reader)).map(({ what, fix, heal }) => ({
    ...{ scope: 'bots', what, fix },
    ...(heal === undefined
      ? {}
      : { heal: async (writer: Writer) => ({ did: await heal(writer), state: 'healed' as const }) }),
  }));
}

/** Workflows whose last run failed. */
const MOST_MENDED = 3;
const MOST_RUNS = 50;

async function failedRuns(reader: Reader): Promise<readonly Ailment[]> {
  if (reader.repository?.root === undefined) return [];
  const seen = new Set<string>();
  const found: Ailment[] = [];
  for (const { id, name, number, state, source } of listRuns(reader.stateDirectory, MOST_RUNS)) {
    if (seen.has(name) || state === 'running' || source === 'deploy') continue;
    seen.add(name);
    if (state !== 'failure' || found.length >= MOST_MENDED) continue;
    const diagnosed = await diagnose(reader, id).catch((error: unknown) => {
      if (isBitError(error)) return undefined;
      throw error;
    });
    if (diagnosed === undefined || diagnosed.failures.length === 0) continue;
    found.push({
      scope: 'runs',
      what: `the last run of ${printable(name)} (#${number}) failed`,
      ...(sandboxFault() === undefined
        ? {
            fix: 'look for a known fix, and commit on a branch of its own what passes',
            heal: (writer: Writer) => mendRun(writer, diagnosed),
          }
        : { fix: `nothing can be tried here: ${sandboxFault() ?? ''}` }),
    });
  }
  return found;
}

async function mendRun(writer: Writer, diagnosed: Diagnosed): Promise<Omit<Healed, 'scope' | 'what'>> {
  const out = await mendHere(writer, diagnosed, { apply: true, here: false, network: 'none', once: true });
  const causes = out.steps.flatMap(({ candidates, proposed }) =>
    proposed === null ? [] : [candidates[proposed]?.cause ?? ''],
  );
  if (out.applied !== null)
    return { did: `${causes.join('; ')}: committed what mends it on ${out.applied.branch}`, state: 'healed' };
  if (causes.length > 0) return { did: `${causes.join('; ')}: ${out.notes.at(-1) ?? ''}`, state: 'left' };
  const known = out.steps.flatMap(({ candidates }) =>
    candidates.map(({ cause, advice }) => (advice === null ? cause : `${cause}; ${advice}`)),
  );
  return { did: known[0] ?? 'no known cause fits', state: 'left' };
}

/** Copies that were made to try something, by processes that are gone. */
function leftovers(reader: Reader): readonly Ailment[] {
  return leftWorkshops(reader.cacheDirectory).map((path) => ({
    scope: 'leftovers',
    what: `${path} belongs to a process that is gone`,
    fix: 'remove it',
    async heal(writer) {
      sweepWorkshops(writer.cacheDirectory);
      return { did: 'removed', state: 'healed' };
    },
  }));
}

export function healScope(scope: string | undefined): string {
  const known = ['repo', 'global', ...HEAL_SCOPES];
  if (scope === undefined) return 'repo';
  if (known.includes(scope)) return scope;
  throw new BitError('usage', `there is no scope ${printable(scope)}`, {
    hint: `one of ${known.join(', ')}`,
  });
}

export function renderHealed({ healed }: HealResult, page: Paper): void {
  if (healed.length === 0) page.line('nothing is wrong');
  const { green, yellow, red } = page.style;
  const marks = { healed: green('✓'), left: yellow('·'), failed: red('✗') };
  for (const { what, did, state } of healed) page.line(`${marks[state]} ${page.safe(`${what}: ${did}`)}`);
}
