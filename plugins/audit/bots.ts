/**
 * Audit: by the clock, a signed report of the ledger, permissions, keys, tokens and bots, and in its log what came and went
 * since the last. Tells of bots that carry more than they use.
 *
 *     settings:
 *       checkpoint: false     # true: a signed checkpoint of the ledger as well; needs ledger:checkpoint
 */
import type { Bot, BotContext, JsonObject } from '@bithub/cli';
import { isObject, objects, why } from '../answers.ts';

const WIDE = 'wide';

const audit: Bot = {
  name: 'audit',
  description:
    'Verifies the ledger and looks over permissions, keys, tokens and bots by the clock; reports what changed.',
  on: [{ event: 'schedule', cron: '0 3 * * *' }],
  capabilities: ['audit:report', 'query:bot:secure:scan', 'ledger:checkpoint'],
  async handle(_event, context) {
    const written = await context.bit(['audit', 'report'], { json: true });
    if (!isObject(written.json) || !isObject(written.json['ledger']))
      // tried again, as often as its limits say: no report is no audit
      throw new Error(`no report: ${why(written)}`);
    tell(written.json, context);
    await wide(context);
    if (context.settings['checkpoint'] !== true) return;
    const signed = await context.bit(['ledger', 'checkpoint'], { json: true });
    context.log(signed.status === 0 ? 'a checkpoint was signed' : `no checkpoint: ${why(signed)}`);
  },
};

function tell(report: JsonObject, context: BotContext): void {
  const ledger = isObject(report['ledger']) ? report['ledger'] : {};
  const activity = isObject(report['activity']) ? report['activity'] : {};
  const changes = isObject(report['changes']) ? report['changes'] : {};
  const since = typeof report['since'] === 'string' ? `since ${report['since']}` : 'so far';
  context.log(`report ${String(report['sha256']).slice(0, 12)} in ${String(report['file'])}`);
  context.log(
    `ledger: ${String(ledger['entries'])} entries, ${ledger['ok'] === true ? 'verified' : 'BROKEN'}`,
  );
  for (const fault of Array.isArray(ledger['faults']) ? ledger['faults'] : [])
    context.log(`  ${String(fault)}`);
  context.log(
    `${String(activity['operations'])} operations ${since}, ${String(activity['failed'])} failed, ${String(activity['denied'])} denied`,
  );
  const first = typeof report['since'] !== 'string';
  // the first report tells what has to be looked at, not all that stands
  for (const [mark, listed] of [
    ['+', changes['came']],
    ['-', changes['went']],
  ] as const)
    for (const { area, level, text } of objects(listed))
      if (!first || level !== 'note') context.log(`${mark} ${String(area)}: ${String(text)}`);
}

/** Bots that carry what they never used; each told once. */
async function wide(context: BotContext): Promise<void> {
  const { json, status, stderr } = await context.bit(['bot', 'secure', 'scan'], { json: true });
  if (!isObject(json)) return context.log(`bots were not looked over: ${stderr.trim() || `exit ${status}`}`);
  const found = objects(json['bots']).flatMap(({ bot, capabilities }) => {
    const unused = objects(capabilities).filter(({ used }) => used === 0);
    const named = unused.map(({ capability }) => String(capability));
    return named.length === 0 ? [] : [`${String(bot)} never used ${named.join(', ')}`];
  });
  const before = await context.state.get(WIDE);
  const known = new Set(Array.isArray(before) ? before.map(String) : []);
  for (const one of found) if (!known.has(one)) context.log(`${one}: bit bot secure shield`);
  await context.state.set(WIDE, found.slice(0, 200));
}

export const bots: readonly Bot[] = [audit];
