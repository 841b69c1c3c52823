import { resolve } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import type { Paper } from '../kernel/paper.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { describeBotCapability, isWide } from './capabilities.ts';
import { type CheckedHandler, checkHandler, refusedLines } from './checked-handler.ts';
import { type BotPlace, botDigest, botPlace, deployedPath, readDeployed, writeDeployed } from './deployed.ts';
import { type Grant, grantOf } from './identity.ts';
import type { BotScope, DeployedBot } from './model.ts';
import { type BotSource, botsRoot, manifestPath, readBot } from './source.ts';
import { subscriptionText } from './words.ts';

export interface BotDeployed {
  readonly bot: string;
  readonly scope: BotScope;
  readonly digest: string;
  readonly granted: readonly string[];
  /** Asked for, and not given by `identity.bots` of `.bithub.yml`. */
  readonly withheld: readonly string[];
  readonly account: string | null;
  readonly handler: string;
  readonly on: readonly string[];
  /** The digest of the deployment it takes the place of. */
  readonly before: string | null;
  readonly paused: boolean;
}

/**
 * Deploys a bot as the work tree has it: for this clone, or for every clone whose origin belongs to the same owner. What
 * it may do is shown, and asked for unless the deployment it takes the place of had it.
 *
 * @throws BitError `not-found` with the nearest names; `usage` for a manifest or a script that is wrong; `unsupported`
 *   where origin belongs to nobody
 */
export async function deployBot(
  reader: Reader,
  request: {
    readonly name: string;
    readonly scope: 'repo' | 'org';
    /** A folder with the files of a commit, instead of the work tree. */
    readonly tree?: string | undefined;
  },
): Promise<Effect<BotDeployed>> {
  const root = request.tree === undefined ? botsRoot(reader) : resolve(reader.cwd, request.tree);
  const source = readBot(root, request.name);
  const place = await botPlace(reader);
  const scope = scopeOf(place, request.scope);
  const before = readDeployed(place).bots.find(
    (one) => one.manifest.name === source.name && one.scope === scope,
  );
  const grant = grantOf(root, source.manifest);
  const checked = await checkHandler(reader, { ...source, handler: source.manifest.handler, ...grant });
  const bot = deploymentOf(source, { scope, grant, before, now: reader.now() });
  const fresh = grant.granted.filter((one) => before === undefined || !before.granted.includes(one));
  return {
    summary: `deploy bot ${bot.manifest.name}${scope === 'repo' ? '' : ` for ${scope.slice('org:'.length)}`}`,
    target: targetOf(bot),
    plan: planOf(bot, { grant, checked, before, path: manifestPath(source.name) }),
    touches: { refs: [], files: [deployedPath(place, scope, source.name)] },
    ...(fresh.length === 0 ? {} : { confirm: question(bot, fresh) }),
    async run() {
      // between the question and the answer the tree may have changed
      if (botDigest(...digested(readBot(root, source.name))) !== bot.digest)
        throw new BitError(
          'changed',
          `${manifestPath(source.name)} or a file of the bot was changed meanwhile`,
        );
      writeDeployed(place, bot);
      return {
        bot: source.name,
        scope,
        digest: bot.digest,
        granted: grant.granted,
        withheld: grant.withheld,
        account: grant.account,
        handler: checked.handler,
        on: bot.manifest.on.map(subscriptionText),
        before: before?.digest ?? null,
        paused: bot.paused,
      };
    },
    record: ({ digest, granted, withheld, before: was }) => ({ digest, granted, withheld, before: was }),
  };
}

function digested({ text, files }: BotSource): [string, BotSource['files']] {
  return [text, files];
}

function scopeOf(place: BotPlace, scope: 'repo' | 'org'): BotScope {
  if (scope === 'repo') return 'repo';
  if (place.owner !== undefined) return `org:${place.owner}`;
  throw new BitError('unsupported', 'origin belongs to no owner that other clones could have too', {
    hint: 'deploy it here: bit bot deploy NAME repo; or set origin: git remote add origin https://host/owner/name',
  });
}

interface Deployment {
  readonly scope: BotScope;
  readonly grant: Grant;
  readonly before: DeployedBot | undefined;
  readonly now: Date;
}

/** What was set for the bot here (links, pause, reroute) stays. */
export function deploymentOf(source: BotSource, { scope, grant, before, now }: Deployment): DeployedBot {
  const { manifest, text, files } = source;
  return {
    manifest,
    text,
    files,
    digest: botDigest(text, files),
    deployed: now.toISOString(),
    scope,
    granted: grant.granted,
    account: grant.account,
    paused: before?.paused ?? false,
    reroute: before?.reroute ?? null,
    links: before?.links ?? [],
    updates: before?.updates ?? null,
  };
}

export function targetOf(bot: DeployedBot) {
  return {
    bot: bot.manifest.name,
    scope: bot.scope,
    digest: bot.digest,
    capabilities: bot.granted,
    events: [...new Set([...bot.manifest.on, ...bot.links].map(({ event }) => event))],
  } satisfies Record<string, Json>;
}

interface Shown {
  readonly grant: Grant;
  readonly checked: CheckedHandler;
  readonly before: DeployedBot | undefined;
  readonly path: string;
}

function planOf(bot: DeployedBot, { grant, checked, before, path }: Shown): readonly string[] {
  const { manifest, files, digest } = bot;
  const what =
    files.length === 0 ? path : `${path} and ${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  return [
    `copy ${what}, digest ${digest.slice(0, 19)}`,
    before === undefined
      ? 'it is not deployed so far'
      : `it takes the place of ${before.digest.slice(0, 19)}, deployed ${before.deployed}`,
    `handled by ${checked.handler}`,
    ...(manifest.on.length === 0 ? ['listens to nothing: link it with bit bot link'] : []),
    ...manifest.on.map((one) => `listens to ${subscriptionText(one)}`),
    ...(grant.account === null ? [] : [`acts as ${grant.account}`]),
    ...(grant.granted.length === 0 ? ['may change nothing'] : []),
    ...grant.granted.map((one) => `may ${describeBotCapability(one)} (${one})`),
    ...grant.withheld.map((one) => `is not given ${one}: identity.bots of .bithub.yml doesn't list it`),
    ...refusedLines(checked.refused),
  ];
}

function question({ manifest }: DeployedBot, fresh: readonly string[]): string {
  const wide = fresh.filter(isWide);
  const told = fresh.map((one) => `${describeBotCapability(one)} (${one})`).join('; ');
  const warned =
    wide.length === 0 ? '' : ` By ${wide.join(', ')} it can come to change more than its own work.`;
  return `Deploy ${manifest.name}? It may: ${told}.${warned}`;
}

export function renderDeployed(out: BotDeployed, page: Paper): void {
  const where = out.scope === 'repo' ? 'in this clone' : `for ${out.scope.slice('org:'.length)}`;
  page.line(
    page.safe(`deployed ${out.bot} ${where} (${out.digest.slice(0, 19)}), handled by ${out.handler}`),
  );
  page.line(page.safe(`  listens to  ${out.on.length === 0 ? 'nothing' : out.on.join('; ')}`));
  page.line(
    page.safe(`  may         ${out.granted.length === 0 ? 'change nothing' : out.granted.join(', ')}`),
  );
  if (out.withheld.length > 0)
    page.line(
      page.style.yellow(page.safe(`  not given   ${out.withheld.join(', ')} (identity.bots of .bithub.yml)`)),
    );
  if (out.paused)
    page.line(page.style.yellow(`  it is paused; let it go on with: bit bot resume ${out.bot}`));
}
