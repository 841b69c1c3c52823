import { BitError } from '../../kernel/errors.ts';
import type { Paper } from '../../kernel/paper.ts';
import type { Effect, Reader } from '../../operation/index.ts';
import { botCovers, capabilityOf, covers } from '../../token/index.ts';
import { botPlace, deployedNamed, deployedPath, writeDeployed } from '../deployed.ts';
import { readUsed } from '../host/history.ts';

export interface Shielded {
  readonly bot: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Capabilities it has no more, or a narrower one of in their place. */
  readonly removed: readonly string[];
  /** Days of history this was read from. */
  readonly days: number;
}

/**
 * Takes from a bot what it never used: what it has left is the least that covers what it did, by the ledger and by the
 * host's own record of its queries, reads of the tree and hosts. What it was refused counts for nothing.
 *
 * @throws BitError `not-found`; `conflict` for one that did nothing yet, of which nothing can be told
 */
export async function shieldBot(
  reader: Reader,
  request: { readonly bot: string; readonly keep: readonly string[] },
): Promise<Effect<Shielded>> {
  const place = await botPlace(reader);
  const bot = deployedNamed(place, request.bot);
  const { name } = bot.manifest;
  const foreign = request.keep.filter((one) => !bot.granted.includes(one));
  if (foreign.length > 0)
    throw new BitError('usage', `${name} was not granted ${foreign.join(', ')}, so it can't be kept`, {
      hint: `it has ${bot.granted.join(', ') || 'nothing'}`,
    });
  const { needed, first } = neededBy(reader, name);
  if (needed.size === 0)
    throw new BitError('conflict', `${name} has done nothing yet: what it needs can't be told`, {
      hint: 'host it for a while first: bit bot run',
    });
  const kept = new Set(request.keep);
  const after = [
    ...bot.granted.filter((one) => kept.has(one) || needed.has(one)),
    ...[...needed].filter((one) => !bot.granted.includes(one) && botCovers(bot.granted, one)),
    ...networks(bot.granted, needed),
  ];
  const narrowed = [...new Set(after)].sort();
  const removed = bot.granted.filter((one) => !narrowed.includes(one));
  const days = Math.max(0, Math.round((reader.now().getTime() - first) / 86_400_000));
  const result = { bot: name, before: bot.granted, after: narrowed, removed, days };
  return {
    summary: `narrow bot ${name} to what it uses`,
    target: { bot: name, removed, capabilities: narrowed },
    plan:
      removed.length === 0
        ? ['change nothing: it uses everything it has']
        : [...removed.map((one) => `take ${one}`), `leave ${narrowed.join(', ') || 'nothing'}`],
    touches: { refs: [], files: [deployedPath(place, bot.scope, name)] },
    ...(removed.length === 0
      ? {}
      : {
          confirm: `take ${removed.join(', ')} from ${name}, and leave ${narrowed.join(', ') || 'nothing'}?`,
        }),
    async run() {
      if (removed.length > 0) writeDeployed(place, { ...bot, granted: narrowed });
      return result;
    },
    record: () => ({ bot: name, removed, capabilities: narrowed }),
  };
}

/** What it did, as the capabilities that takes, and when it began to, milliseconds. */
function neededBy(
  reader: Reader,
  bot: string,
): { readonly needed: ReadonlySet<string>; readonly first: number } {
  const needed = new Set<string>();
  const refused = new Set<string>();
  let first = reader.now().getTime();
  for (const { phase, payload, ts } of reader.ledger.entries({ as: `bot:${bot}` })) {
    const action = payload?.['action'];
    if (typeof action !== 'string') continue;
    first = Math.min(first, Date.parse(ts));
    const wanted = action.startsWith('read.')
      ? `query:${capabilityOf(action.slice(5))}`
      : capabilityOf(action);
    if (phase === 'intent') needed.add(wanted);
    if (phase === 'denied') refused.add(wanted);
  }
  // queries, the tree and hosts are in no entry; what was refused is
  for (const { capability } of readUsed(reader.stateDirectory, bot))
    if (/^(?:query|tree|network):/.test(capability) && !refused.has(capability)) needed.add(capability);
  return { needed, first };
}

/** Of hosts that were reached: by name and port, where what was granted reached them. */
function networks(granted: readonly string[], needed: ReadonlySet<string>): readonly string[] {
  const hosts = granted.filter((one) => one.startsWith('network:'));
  return [...needed].filter(
    (one) =>
      one.startsWith('network:') &&
      hosts.some((host) => host === 'network:*' || one.startsWith(`${host}:`) || covers([host], one)),
  );
}

export function renderShielded({ bot, removed, after, days }: Shielded, page: Paper): void {
  if (removed.length === 0) {
    page.line(page.safe(`${bot} uses everything it has`));
    return;
  }
  page.line(page.safe(`took from ${bot}: ${removed.join(', ')}`));
  page.line(page.safe(`it may still: ${after.join(', ') || 'do nothing'}`));
  page.line(`by what it did in ${days} days`);
}
