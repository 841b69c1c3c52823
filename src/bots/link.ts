import { BitError } from '../kernel/errors.ts';
import type { Paper } from '../kernel/paper.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { type EditResult, findAll, linkWorkflow, workTreeFiles } from '../runs/index.ts';
import { changeDeployed } from './change.ts';
import { botPlace, deployedNamed, readDeployed } from './deployed.ts';
import { checkSubscription } from './manifest.ts';
import { BOT_EVENTS, type Subscription, subscriptionsOf } from './model.ts';
import { subscriptionText } from './words.ts';

export interface LinkRequest {
  readonly bot: string;
  /** A workflow, an event (`workflow`), or an event and its kind (`ledger:COMMIT`, `schedule:0 5 * * *`). */
  readonly to: string;
  readonly kinds: readonly string[];
  readonly branches: readonly string[];
  readonly paths: readonly string[];
  readonly condition: string | undefined;
  /** Takes the link away. */
  readonly remove: boolean;
}

export interface BotLinked {
  readonly bot: string;
  readonly link: string;
  readonly removed: boolean;
  /** Everything it listens to from now on. */
  readonly on: readonly string[];
}

const MOST = 64;

/**
 * Ties a deployed bot to a workflow's ends or to an event, beside what its manifest says.
 *
 * @throws BitError `not-found` for a bot, a workflow or an event there is not; `usage`; `conflict` where it listens to it
 */
export async function linkBot(reader: Reader, request: LinkRequest): Promise<Effect<BotLinked>> {
  const place = await botPlace(reader);
  const before = deployedNamed(place, request.bot);
  const link = await subscriptionFor(reader, request);
  const said = subscriptionText(link);
  const same = (one: Subscription): boolean => subscriptionText(one) === said;
  const there = before.links.some(same);
  if (request.remove && !there)
    throw new BitError('not-found', `${request.bot} has no link to ${said}`, {
      hint:
        before.links.length === 0
          ? 'what its manifest listens to is taken away there: bit bot update'
          : `it has: ${before.links.map(subscriptionText).join('; ')}`,
    });
  if (!request.remove && subscriptionsOf(before).some(same))
    throw new BitError('conflict', `${request.bot} listens to ${said} already`);
  if (before.links.length >= MOST) throw new BitError('usage', `${MOST} links are the most of one bot`);
  const links = request.remove ? before.links.filter((one) => !same(one)) : [...before.links, link];
  const after = { ...before, links };
  const { name } = before.manifest;
  return {
    target: {
      bot: name,
      event: link.event,
      kinds: link.kinds,
      workflows: link.workflows,
      removed: request.remove,
    },
    ...changeDeployed(place, {
      summary: request.remove ? `take the link of ${name} to ${said} away` : `link ${name} to ${said}`,
      plan: [`${name} ${request.remove ? 'no longer ' : ''}hears of ${said}`],
      changes: [{ before, after }],
      out: () => ({
        bot: name,
        link: said,
        removed: request.remove,
        on: subscriptionsOf(after).map(subscriptionText),
      }),
    }),
  };
}

async function subscriptionFor(reader: Reader, request: LinkRequest): Promise<Subscription> {
  const { to, branches, paths, condition } = request;
  const rest = { branches, paths, ...(condition === undefined ? {} : { condition }) };
  const at = to.indexOf(':');
  const event = BOT_EVENTS.find((one) => one === (at < 0 ? to : to.slice(0, at)));
  if (event === undefined) {
    const workflow = await workflowNamed(reader, to);
    return checkSubscription({ event: 'workflow', kinds: request.kinds, workflows: [workflow], ...rest });
  }
  const said = at < 0 ? undefined : to.slice(at + 1).trim();
  if (event === 'schedule')
    return checkSubscription({
      event,
      kinds: request.kinds,
      workflows: [],
      ...rest,
      ...(said === undefined ? {} : { cron: said }),
    });
  const kinds = [...(said === undefined ? [] : said.split(',')), ...request.kinds];
  return checkSubscription({ event, kinds, workflows: [], ...rest });
}

async function workflowNamed(reader: Reader, name: string): Promise<string> {
  const root = reader.repository?.root;
  const all = root === undefined ? [] : await findAll(workTreeFiles(root));
  const found = all.find((one) => one.name === name || one.path === name);
  if (found !== undefined) return found.name;
  const names = [...BOT_EVENTS, ...all.map((one) => one.name)];
  const near = nearest(name, names);
  throw new BitError('not-found', `there is neither an event nor a workflow ${printable(shorten(name))}`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `events: ${BOT_EVENTS.join(', ')}`,
  });
}

/** Ties a workflow to an event, to another workflow's end, or to a bot, which then hears of its ends. */
export async function linkWorkflowOrBot(
  reader: Reader,
  { name, to }: { readonly name: string; readonly to: string },
): Promise<Effect<EditResult | BotLinked>> {
  const bots = readDeployed(await botPlace(reader)).bots.map(({ manifest }) => manifest.name);
  const [, bot] = /^bot:(.*)$/.exec(to) ?? [undefined, bots.includes(to) ? to : undefined];
  if (bot === undefined) return linkWorkflow(reader, { name, to });
  const workflow = await workflowNamed(reader, name);
  const effect = await linkBot(reader, {
    ...{ bot, to: workflow, kinds: [], branches: [], paths: [], condition: undefined, remove: false },
  });
  return { ...effect, action: 'bot.link', event: 'BOT_LINK' };
}

export function renderLinked({ bot, link, removed, on }: BotLinked, page: Paper): void {
  page.line(page.safe(`${bot} ${removed ? 'no longer hears' : 'hears'} of ${link}`));
  page.line(page.style.dim(page.safe(`it listens to: ${on.join('; ') || 'nothing'}`)));
}
