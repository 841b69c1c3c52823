/**
 * The planner: foresees runs from past ones, proposes what makes them shorter, and settles with planners of other
 * repositories who builds what. It proposes; only where its settings say `apply` does it commit, on a branch of its own.
 *
 *     settings:
 *       slots: 4                        # jobs at once; default the machine's
 *       only: [order, cache, fuse]      # kinds of proposals
 *       apply: false                    # true: commit on plan/<day>; needs repo:commit
 *       share: aln+ns://shared/team     # where planners meet; needs cache:want, cache:offer, cache:take
 *       least_success: 0.7              # below this a workflow is told of as likely to fail
 */
import type { Bot, BotContext, Json, JsonObject } from '@bithub/cli';
import { isObject, objects, why } from '../answers.ts';

const KINDS = ['order', 'cache', 'fuse'];
const TOLD = 'told';
const MOST_TOLD = 200;

const planner: Bot = {
  name: 'planner',
  description:
    'Foresees runs by their history, and proposes jobs in better order, caches and fused workflows.',
  on: [
    {
      event: 'git',
      kinds: ['commit'],
      paths: ['.bithub.yml', '.bithub/workflows/**', '.github/workflows/**'],
    },
    { event: 'schedule', cron: '0 5 * * 1' },
  ],
  capabilities: ['workflow:plan', 'repo:commit', 'cache:want', 'cache:offer', 'cache:take'],
  async handle(_event, context) {
    const words = wordsOf(context.settings);
    const plan = await context.bit(['workflow', 'plan', ...words], { json: true });
    if (plan.status !== 0 || !isObject(plan.json)) {
      context.log(`no plan: ${why(plan)}`);
    } else {
      foresee(plan.json, context);
      if (await propose(plan.json, context)) await apply(words, context);
    }
    await share(context);
  },
};

function wordsOf({ slots, only }: JsonObject): string[] {
  const kinds = Array.isArray(only) ? KINDS.filter((kind) => only.includes(kind)) : [];
  return [
    ...(typeof slots === 'number' ? ['--slots', String(slots)] : []),
    ...kinds.flatMap((kind) => ['--only', kind]),
  ];
}

/** What the next runs will be like, before any of them runs. */
function foresee(plan: JsonObject, context: BotContext): void {
  const least =
    typeof context.settings['least_success'] === 'number' ? context.settings['least_success'] : 0.7;
  for (const workflow of objects(plan['workflows'])) {
    const forecast = isObject(workflow['forecast']) ? workflow['forecast'] : {};
    const { success, p50, risks } = forecast;
    if (typeof p50 !== 'number') continue;
    context.log(`${String(workflow['path'])}: ${(p50 / 1000).toFixed(1)} s expected`);
    // few runs tell little of what never failed
    if (typeof success !== 'number' || success >= least || objects(risks).length === 0) continue;
    const jobs = objects(risks).map(
      ({ job, failed, ran }) => `${String(job)} (${String(failed)} of ${String(ran)})`,
    );
    context.log(
      `${String(workflow['path'])}: likely to fail, ${Math.round(success * 100)} % succeed; ${jobs.join(', ')}`,
    );
  }
}

/** Tells each proposal once; true where one is new. */
async function propose(plan: JsonObject, context: BotContext): Promise<boolean> {
  const told = await context.state.get(TOLD);
  const known = new Set(Array.isArray(told) ? told.map(String) : []);
  const titles: string[] = [];
  let fresh = false;
  for (const { title, because, doubts, patch } of objects(plan['proposals'])) {
    titles.push(String(title));
    if (known.has(String(title))) continue;
    fresh = true;
    context.log(`proposed: ${String(title)}`);
    for (const reason of texts(because)) context.log(`  ${reason}`);
    for (const doubt of texts(doubts)) context.log(`  look first: ${doubt}`);
    for (const line of String(patch).split('\n').slice(0, 200)) if (line !== '') context.log(`  ${line}`);
  }
  await context.state.set(TOLD, titles.slice(0, MOST_TOLD));
  return fresh;
}

/** Only what leaves every run doing what it did; the rest waits for a person. */
async function apply(words: readonly string[], context: BotContext): Promise<void> {
  if (context.settings['apply'] !== true) return;
  const day = context.now().toISOString().slice(0, 10);
  const answer = await context.bit(['workflow', 'plan', ...words, '--apply', '--branch', `plan/${day}`], {
    json: true,
  });
  const applied =
    isObject(answer.json) && isObject(answer.json['applied']) ? answer.json['applied'] : undefined;
  if (applied !== undefined)
    context.log(`committed ${String(applied['commit'])} on ${String(applied['branch'])}`);
  else if (answer.status !== 0) context.log(`not committed: ${why(answer)}`);
}

/** Takes what others offer, says what is still wanted, and offers what others want. */
async function share(context: BotContext): Promise<void> {
  const { share: place } = context.settings;
  if (typeof place !== 'string') return;
  for (const verb of ['take', 'want', 'offer']) {
    const answer = await context.bit(['cache', verb, place], { json: true });
    const { status, json } = answer;
    if (status !== 0 || !isObject(json)) {
      context.log(`cache ${verb}: ${why(answer)}`);
      continue;
    }
    for (const { kind, title } of objects(json['items']))
      context.log(`${verb}: ${String(kind)} ${String(title)}`);
    for (const refused of objects(json['refused']))
      context.log(`refused: ${String(refused['what'])}: ${String(refused['why'])}`);
  }
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly Json[]).map(String) : [];
}

export const bots: readonly Bot[] = [planner];
