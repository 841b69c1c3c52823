/**
 * Policy: explains what policies refused, and keeps an eye on the policies themselves: that they compile, that their tests
 * pass, that no rule stands there which nothing asks, and that the tree's are those in force. It tells what changed since
 * it last looked, and says the same thing once.
 *
 *     settings:
 *       annotate: true     # false: no note at the denied operation
 */
import type { BitAnswer, Bot, BotContext, BotEvent, Json, JsonObject } from '@bithub/cli';
import { isObject, objects, why } from '../answers.ts';

const LOOKED = 'looked';
const SEEN = 'seen';
const MOST_DENIALS = 20;

const policy: Bot = {
  name: 'policy',
  description:
    'Explains what policies refused; tells of rules nothing asks, red tests, and drift from what is in force.',
  on: [
    { event: 'git', kinds: ['commit'], paths: ['.bithub/policies/**', '.bit/rego/**', '.bithub.yml'] },
    { event: 'ledger', condition: "event.phase == 'denied'" },
    { event: 'schedule', cron: '0 6 * * *' },
  ],
  capabilities: [
    'query:policy:check',
    'query:policy:test',
    'query:policy:explain',
    'query:status',
    'query:history:query',
    'history:annotate',
  ],
  async handle(event, context) {
    if (event.event === 'ledger') return explainOne(event, context);
    await look(context);
    if (event.event === 'schedule') await explainSince(context);
  },
};

/** What is wrong with the policies now; told where it is not what was told before. */
async function look(context: BotContext): Promise<void> {
  const check = await context.bit(['policy', 'check', '--strict'], { json: true });
  const test = await context.bit(['policy', 'test'], { json: true });
  const status = await context.bit(['status', 'deep'], { json: true });
  const found = [
    ...(isObject(check.json)
      ? objects(check.json['problems']).map(problemOf)
      : failed('policy check', check)),
    ...(isObject(test.json)
      ? objects(test.json['tests']).flatMap(({ passed, name, at }) =>
          passed === false ? [`test ${String(name)} fails, ${placeOf(at)}`] : [],
        )
      : failed('policy test', test)),
    ...drift(isObject(status.json) ? status.json['policy'] : undefined),
  ];
  const before = await context.state.get(LOOKED);
  const known = new Set(Array.isArray(before) ? before.map(String) : []);
  const now = new Set(found);
  for (const one of now) if (!known.has(one)) context.log(one);
  for (const one of known) if (!now.has(one)) context.log(`put right: ${one}`);
  await context.state.set(LOOKED, [...now].slice(0, 500));
}

function failed(what: string, answer: BitAnswer): string[] {
  return [`${what}: ${why(answer)}`];
}

function problemOf({ severity, at, message }: JsonObject): string {
  return `${String(severity)} ${placeOf(at)}: ${String(message)}`;
}

function placeOf(at: Json | undefined): string {
  return isObject(at) ? `${String(at['path'])}:${String(at['line'])}` : 'somewhere';
}

function drift(standing: Json | undefined): string[] {
  if (!isObject(standing)) return [];
  const { state, changed, problem } = standing;
  if (state === 'damaged')
    return [
      `the policies in force are damaged: ${String(problem)}; mend them with: bit policy accept --recover`,
    ];
  if (state !== 'differs') return [];
  const files = Array.isArray(changed) ? changed.map(String) : [];
  return [
    `the tree holds other policies than those in force: ${files.join(', ')}; take them with: bit policy accept`,
  ];
}

/** `ledger:<chain>/<seq>`. */
async function explainOne(event: BotEvent, context: BotContext): Promise<void> {
  const [, chain, seq] = /^ledger:([0-9A-Za-z]{26})\/(\d{1,15})$/.exec(event.id) ?? [];
  if (chain === undefined || seq === undefined) return;
  const { json } = await context.bit(
    ['history', 'query', `.chain == "${chain}" and .seq == ${seq}`, '--phase', 'denied', '--limit', '1'],
    { json: true },
  );
  const [entry] = isObject(json) ? objects(json['entries']) : [];
  if (entry !== undefined) await explain(entry, context);
}

/** What was denied while nobody told: since the last time it looked. */
async function explainSince(context: BotContext): Promise<void> {
  const seen = await context.state.get(SEEN);
  const since = typeof seen === 'string' ? ['--since', seen] : [];
  const { json } = await context.bit(
    ['history', 'query', '--phase', 'denied', ...since, '--limit', String(MOST_DENIALS)],
    { json: true },
  );
  for (const entry of (isObject(json) ? objects(json['entries']) : []).toReversed())
    await explain(entry, context);
}

async function explain(entry: JsonObject, context: BotContext): Promise<void> {
  const { entry_sha256: digest, as, ts, payload } = entry;
  if (typeof digest !== 'string' || typeof ts !== 'string') return;
  const seen = await context.state.get(SEEN);
  // once each; and what it was itself refused it does not ask to be told of again and again
  if ((typeof seen === 'string' && ts <= seen) || as === `bot:${context.bot}`) return;
  await context.state.set(SEEN, ts);
  const answer = await context.bit(['policy', 'explain', digest], { json: true });
  const { json } = answer;
  const action = isObject(payload) ? String(payload['action'] ?? '') : '';
  if (!isObject(json)) return context.log(`${action} was denied: ${why(answer)}`);
  const decision = isObject(json['decision']) ? json['decision'] : {};
  const past = isObject(json['past']) ? json['past'] : {};
  const rules = objects(decision['reasons']).map(reasonOf);
  const said = Array.isArray(past['messages']) ? past['messages'].map(String) : [];
  const still = decision['allowed'] === true ? '; it would be allowed now' : '';
  const reasons = rules.length > 0 && decision['allowed'] !== true ? rules.join('; ') : said.join('; ');
  const text = `${action} was denied to ${String(as ?? 'somebody')}: ${reasons || 'no rule allows it'}${still}`;
  context.log(text);
  if (context.settings['annotate'] === false) return;
  const noted = await context.bit(['history', 'annotate', digest, text.slice(0, 1000)]);
  if (noted.status !== 0) context.log(`no note was left: ${why(noted)}`);
}

function reasonOf({ rule, at, message }: JsonObject): string {
  return `${String(message)} (${String(rule)}, ${placeOf(at)})`;
}

export const bots: readonly Bot[] = [policy];
