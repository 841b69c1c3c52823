/**
 * Repair: when a run fails it has `bit bot autofix` find the cause and try what may put it right, and proposes on a branch
 * what passed. The repository has the last word: a user directive with the effect `bots.repair.enable=false` holds it
 * back, one with `=true` (`force-repair`) has it propose although its settings say to tell only.
 *
 *     settings:
 *       propose: true       # false: tell the cause, change nothing; else needs repo:commit
 *       most: 3             # proposals a workflow and day
 */
import type { Bot, BotContext, BotEvent, Json, JsonObject } from '@bithub/cli';
import { isObject, objects, why } from '../answers.ts';

const repair: Bot = {
  name: 'repair',
  description: 'Finds why a step failed, tries the fix aside, and proposes it on a branch.',
  on: [{ event: 'workflow', kinds: ['failed'] }],
  capabilities: ['query:flow:plan', 'bot:autofix', 'repo:commit'],
  async handle(event, context) {
    const run = runOf(event);
    if (run === undefined) return context.log(`${event.id} names no run`);
    const directive = await directed(event, context);
    if (directive?.on === false)
      return context.log(`run ${run}: left alone, the directive ${directive.key} says so`);
    const settled = context.settings['propose'] !== false;
    const wanted = settled || directive?.on === true;
    const proposing = wanted && (await isWithinDay(event, context));
    const words = ['bot', 'autofix', 'workflow', run, ...(proposing ? ['--apply'] : [])];
    const answer = await context.bit(words, { json: true });
    const { json } = answer;
    if (!isObject(json) || !Array.isArray(json['steps'])) return context.log(`run ${run}: ${why(answer)}`);
    if (directive?.on === true) context.log(`run ${run}: the directive ${directive.key} asks for it`);
    if (wanted && !proposing) context.log(`run ${run}: as many proposals today as its settings allow`);
    tell(run, json, context);
    if (isObject(json['applied'])) await counted(event, context);
  },
};

/** `workflow:<run>/<n>`; where the event is another's, the run it tells of. */
function runOf({ id, facts }: BotEvent): string | undefined {
  const named = /^workflow:([0-9A-Za-z]{26})(?:\/|$)/.exec(id)?.[1] ?? facts['run'];
  return typeof named === 'string' && /^[0-9A-Za-z]{26}$/.test(named) ? named.toLowerCase() : undefined;
}

interface Directed {
  readonly on: boolean;
  readonly key: string;
}

/** What the directives of `.bithub.yml` say of this bot for what happened; undefined where none does. */
async function directed({ facts }: BotEvent, context: BotContext): Promise<Directed | undefined> {
  const { cause, branch, labels, fork } = facts;
  const events = ['push', 'pull_request', 'merge', 'tag', 'release', 'issue', 'schedule', 'manual'];
  const name = events.find((one) => one === cause || one === facts['trigger']);
  const words = [
    ...(name === undefined ? [] : ['--event', name]),
    ...(typeof branch === 'string' && branch !== '' && !branch.startsWith('-') ? ['--branch', branch] : []),
    ...(Array.isArray(labels) ? (labels as readonly Json[]) : [])
      .map(String)
      .filter((label) => label !== '' && !label.startsWith('-'))
      .slice(0, 100)
      .flatMap((label) => ['--label', label]),
    ...(fork === true ? ['--fork'] : []),
  ];
  const { json } = await context.bit(['flow', 'plan', ...words], { json: true });
  if (!isObject(json) || !isObject(json['bots'])) return undefined;
  const on = json['bots'][context.bot] ?? json['bots']['repair'];
  if (typeof on !== 'boolean') return undefined;
  const applying = objects(json['directives']).filter(
    ({ applies, effect }) => applies === true && isOurs(effect, context),
  );
  return { on, key: String(applying.at(-1)?.['key'] ?? 'of .bithub.yml') };
}

function isOurs(effect: Json | undefined, { bot }: BotContext): boolean {
  return (
    typeof effect === 'string' && [`bots.${bot}.`, 'bots.repair.'].some((name) => effect.startsWith(name))
  );
}

function tell(run: string, { about, steps, applied, notes }: JsonObject, context: BotContext): void {
  context.log(`run ${run}: ${String(about)}`);
  for (const step of objects(steps)) {
    for (const { cause, advice } of objects(step['candidates']).slice(0, 5)) {
      context.log(`  ${String(cause)}`);
      if (typeof advice === 'string') context.log(`    ${advice}`);
    }
    if (step['proposed'] === null) context.log('  nothing that was tried puts it right');
  }
  for (const note of Array.isArray(notes) ? notes : []) context.log(`  ${String(note)}`);
  if (isObject(applied))
    context.log(`  proposed on ${String(applied['branch'])}, ${String(applied['commit'])}`);
}

/** A workflow whose fixes fail again is not fixed all day long. */
async function isWithinDay(event: BotEvent, context: BotContext): Promise<boolean> {
  const most = typeof context.settings['most'] === 'number' ? context.settings['most'] : 3;
  return (await countOf(event, context)).count < most;
}

async function countOf(
  { facts }: BotEvent,
  context: BotContext,
): Promise<{ readonly key: string; readonly day: string; readonly count: number }> {
  const key = `proposed:${String(facts['workflow'] ?? '').replace(/[^\w./-]/g, '-')}`.slice(0, 200);
  const day = context.now().toISOString().slice(0, 10);
  const known = await context.state.get(key);
  const count =
    isObject(known) && known['day'] === day && typeof known['count'] === 'number' ? known['count'] : 0;
  return { key, day, count };
}

async function counted(event: BotEvent, context: BotContext): Promise<void> {
  const { key, day, count } = await countOf(event, context);
  await context.state.set(key, { day, count: count + 1 });
}

export const bots: readonly Bot[] = [repair];
