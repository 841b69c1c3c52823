import type { Paper } from '../kernel/paper.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { botsMeant, changeDeployed } from './change.ts';

export interface BotsPaused {
  readonly paused: boolean;
  readonly bots: readonly string[];
  /** Those that were so already. */
  readonly already: readonly string[];
}

/**
 * Holds bots, or lets them go on: one by its name, or all of `repo`, `org` or `all`. The events of a paused bot queue and
 * are kept; what it handles at the moment it brings to its end.
 *
 * @throws BitError `not-found`
 */
export async function pauseBots(
  reader: Reader,
  { which, paused }: { readonly which: string; readonly paused: boolean },
): Promise<Effect<BotsPaused>> {
  const { place, bots, scope } = await botsMeant(reader, which);
  const changing = bots.filter((bot) => bot.paused !== paused);
  const names = (list: typeof bots): readonly string[] => list.map(({ manifest }) => manifest.name);
  const already = names(bots.filter((bot) => bot.paused === paused));
  const verb = paused ? 'pause' : 'resume';
  return {
    target: { bots: names(bots), scope, paused },
    ...changeDeployed(place, {
      summary: `${verb} ${names(bots).join(', ')}`,
      event: paused ? 'BOT_PAUSE' : 'BOT_RESUME',
      plan: [
        ...names(changing).map((name) =>
          paused ? `${name}: its events wait from now on` : `${name}: handles what waits, and goes on`,
        ),
        ...already.map((name) => `${name}: is ${paused ? 'paused' : 'at work'} already`),
      ],
      changes: changing.map((before) => ({ before, after: { ...before, paused } })),
      out: () => ({ paused, bots: names(changing), already }),
    }),
  };
}

export function renderPaused({ paused, bots, already }: BotsPaused, page: Paper): void {
  for (const name of bots) page.line(`${name} ${paused ? 'is paused; its events are kept' : 'goes on'}`);
  for (const name of already) page.line(`${name} ${paused ? 'is paused' : 'is at work'} already`);
}
