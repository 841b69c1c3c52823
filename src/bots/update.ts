import { BitError, isBitError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import type { Paper } from '../kernel/paper.ts';
import type { Answer, Effect, Reader } from '../operation/index.ts';
import { parseCron } from '../schedule/index.ts';
import { describeBotCapability } from './capabilities.ts';
import { botsMeant, changeDeployed } from './change.ts';
import { checkHandler, refusedLines } from './checked-handler.ts';
import { deploymentOf } from './deploy.ts';
import { botDigest } from './deployed.ts';
import { grantOf } from './identity.ts';
import { handlerText } from './manifest.ts';
import type { BotManifest, DeployedBot } from './model.ts';
import { type BotSource, botsRoot, readBot } from './source.ts';
import { subscriptionText } from './words.ts';

/** What a bot of the work tree has other than the one that is deployed. */
export interface BotDifference {
  readonly bot: string;
  readonly before: string;
  readonly after: string;
  /** Capabilities it would come to have, or have no longer. */
  readonly gains: readonly string[];
  readonly loses: readonly string[];
  /** Everything else, a line each. */
  readonly changes: readonly string[];
}

export interface BotsUpdated {
  readonly updated: readonly BotDifference[];
  /** Bots whose manifest is the one that is deployed. */
  readonly unchanged: readonly string[];
  /** Bots left as they are, and why. */
  readonly left: readonly { readonly bot: string; readonly why: string }[];
  /** The cron line that was set; null: none was. */
  readonly schedule: string | null;
}

export interface UpdateRequest {
  /** A bot, or `repo`, `org`, `all`. */
  readonly which: string;
  /** Leaves alone what would come to have more capabilities: for who runs it by the clock. */
  readonly noGains: boolean;
}

/**
 * Takes what the work tree says of deployed bots now. What a bot would come to have beyond what it has is asked for.
 *
 * @throws BitError `not-found`; `usage` where one bot is named and its manifest is wrong
 */
export async function updateBots(
  reader: Reader,
  request: UpdateRequest,
): Promise<Effect<BotsUpdated> | Answer<BotsUpdated>> {
  const root = botsRoot(reader);
  const { place, bots, scope } = await botsMeant(reader, request.which);
  const found = {
    updated: [] as (BotDifference & { now: DeployedBot; before_: DeployedBot; refused: readonly string[] })[],
  };
  const unchanged: string[] = [];
  const left: { bot: string; why: string }[] = [];
  for (const bot of bots) {
    const { name } = bot.manifest;
    try {
      const source = readBot(root, name);
      const grant = grantOf(root, source.manifest);
      const now = deploymentOf(source, {
        scope: bot.scope,
        grant: shielded(bot, grant),
        before: bot,
        now: reader.now(),
      });
      if (now.digest === bot.digest && same(now.granted, bot.granted)) {
        unchanged.push(name);
        continue;
      }
      const difference = differenceOf(bot, now, source);
      if (request.noGains && difference.gains.length > 0) {
        left.push({ bot: name, why: `it would come to have ${difference.gains.join(', ')}` });
        continue;
      }
      const checked = await checkHandler(reader, {
        ...source,
        handler: source.manifest.handler,
        granted: now.granted,
      });
      found.updated.push({ ...difference, now, before_: bot, refused: refusedLines(checked.refused) });
    } catch (error) {
      if (!isBitError(error) || scope === null) throw error;
      left.push({ bot: name, why: error.message });
    }
  }
  const updated = found.updated.map(({ now: _, before_: __, refused: ___, ...difference }) => difference);
  const out: BotsUpdated = { updated, unchanged, left, schedule: null };
  if (updated.length === 0) return { reads: 'bot.update', answer: async () => out };
  const gaining = updated.filter(({ gains }) => gains.length > 0);
  return {
    target: targetOf(updated, scope),
    ...changeDeployed(place, {
      summary: `update ${updated.map(({ bot }) => bot).join(', ')}`,
      plan: found.updated.flatMap((one) => [...differenceLines(one), ...one.refused]),
      ...(gaining.length === 0 ? {} : { confirm: question(gaining) }),
      changes: found.updated.map(({ now, before_ }) => ({ before: before_, after: now })),
      out: () => out,
    }),
  };
}

/** What `bit bot secure shield` took of the same manifest's capabilities stays taken. */
function shielded(bot: DeployedBot, grant: ReturnType<typeof grantOf>): ReturnType<typeof grantOf> {
  const taken = new Set(bot.manifest.capabilities.filter((one) => !bot.granted.includes(one)));
  const granted = grant.granted.filter((one) => !taken.has(one));
  return { ...grant, granted };
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join('\n') === [...b].sort().join('\n');
}

function targetOf(updated: readonly BotDifference[], scope: string | null) {
  return {
    bots: updated.map(({ bot }) => bot),
    scope,
    gains: [...new Set(updated.flatMap(({ gains }) => gains))],
    digests: updated.map(({ after }) => after),
  };
}

function differenceOf(before: DeployedBot, after: DeployedBot, { files }: BotSource): BotDifference {
  const old = before.manifest;
  const now = after.manifest;
  const names = (manifest: BotManifest): readonly string[] => manifest.on.map(subscriptionText);
  const was = new Map(before.files.map((file) => [file.path, file.sha256]));
  const is = new Map(files.map((file) => [file.path, file.sha256]));
  const changed = (what: string, a: Json, b: Json): readonly string[] =>
    JSON.stringify(a) === JSON.stringify(b) ? [] : [`${what}: ${JSON.stringify(a)} → ${JSON.stringify(b)}`];
  return {
    bot: now.name,
    before: before.digest,
    after: botDigest(after.text, after.files),
    gains: after.granted.filter((one) => !before.granted.includes(one)),
    loses: before.granted.filter((one) => !after.granted.includes(one)),
    changes: [
      ...changed('handler', handlerText(old.handler), handlerText(now.handler)),
      ...names(now).flatMap((one) => (names(old).includes(one) ? [] : [`+ listens to ${one}`])),
      ...names(old).flatMap((one) => (names(now).includes(one) ? [] : [`- listens to ${one}`])),
      ...changed('limits', { ...old.limits }, { ...now.limits }),
      ...changed('settings', old.settings, now.settings),
      ...[...is].flatMap(([path, digest]) =>
        was.get(path) === digest ? [] : [`${was.has(path) ? '~' : '+'} ${path} (${digest.slice(0, 12)})`],
      ),
      ...[...was.keys()].flatMap((path) => (is.has(path) ? [] : [`- ${path}`])),
    ],
  };
}

function differenceLines({ bot, before, after, gains, loses, changes }: BotDifference): readonly string[] {
  return [
    `${bot}: ${before.slice(0, 19)} → ${after.slice(0, 19)}`,
    ...gains.map((one) => `  + may ${describeBotCapability(one)} (${one})`),
    ...loses.map((one) => `  - may no longer ${describeBotCapability(one)} (${one})`),
    ...changes.map((line) => `  ${line}`),
  ];
}

function question(gaining: readonly BotDifference[]): string {
  const told = gaining.map(
    ({ bot, gains }) =>
      `${bot} may also ${gains.map((one) => `${describeBotCapability(one)} (${one})`).join('; ')}`,
  );
  return `${told.join('. ')}. Let it?`;
}

/** Has the host take changed manifests by the clock, never one that would come to have more; `off` ends that. */
export async function scheduleUpdates(
  reader: Reader,
  { which, cron }: { readonly which: string; readonly cron: string | undefined },
): Promise<Effect<BotsUpdated>> {
  if (cron === undefined)
    throw new BitError('usage', 'when?', { hint: "--cron '0 4 * * *', or --cron off to end it" });
  const updates = cron === 'off' ? null : cron.trim();
  if (updates !== null) parseCron(updates, 'UTC');
  const { place, bots, scope } = await botsMeant(reader, which);
  const names = bots.map(({ manifest }) => manifest.name);
  return {
    target: { bots: names, scope, schedule: updates },
    ...changeDeployed(place, {
      summary:
        updates === null
          ? `update ${names.join(', ')} by the clock no more`
          : `update ${names.join(', ')} at ${updates}`,
      plan: names.map((name) =>
        updates === null
          ? `${name}: a changed manifest waits for bit bot update now`
          : `${name}: while bit bot run keeps it, a changed manifest is taken at ${updates} unless it asks for more`,
      ),
      changes: bots.map((before) => ({ before, after: { ...before, updates } })),
      out: () => ({ updated: [], unchanged: names, left: [], schedule: updates }),
    }),
  };
}

export function renderUpdated({ updated, unchanged, left, schedule }: BotsUpdated, page: Paper): void {
  const { style } = page;
  for (const one of updated)
    for (const line of differenceLines(one)) {
      const told = page.safe(line);
      page.line(/^ {2}\+ may /.test(line) ? style.yellow(told) : told);
    }
  for (const { bot, why } of left) page.line(style.red(page.safe(`${bot} stays as it is: ${why}`)));
  if (schedule !== null)
    page.line(page.safe(`${unchanged.join(', ')}: updated at ${schedule} while bit bot run keeps`));
  else if (updated.length + left.length === 0) page.line(`${unchanged.join(', ')}: as the tree has it`);
}
