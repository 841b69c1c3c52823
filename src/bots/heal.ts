/** What is wrong with the bots of this clone, and what puts it right: for `bit bot selfheal`. */
import { inForceSince } from '../guard/index.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader, Writer } from '../operation/index.ts';
import { type BotPlace, botPlace, readDeployed } from './deployed.ts';
import { type HandledEvent, readEvents, readStandings } from './host/history.ts';
import { reviveEvents } from './host/revived.ts';
import { hostRuns } from './host/run.ts';
import type { DeployedBot } from './model.ts';
import { pauseBots } from './pause.ts';

export interface BotAilment {
  readonly what: string;
  readonly fix: string;
  /** What was done; undefined where a person has to. */
  readonly heal?: (writer: Writer) => Promise<string>;
}

/** Events that were given up one after the other, before a bot is held. */
const MOST_GIVEN_UP = 3;
const MOST_READ = 1000;

/**
 * Events whose cause of failing may be gone are tried anew: their bot was deployed again, or other policies came in
 * force (accepted, a contract, either taken back), after they were tried. A bot that gave up its last events is paused: what it hears of waits in place of being
 * given up as well. That nobody hosts them is said.
 */
export async function botAilments(reader: Reader): Promise<readonly BotAilment[]> {
  if (reader.repository === undefined) return [];
  const place = await botPlace(reader);
  const { bots, damaged } = readDeployed(place);
  return [
    ...damaged.map(({ path, why }) => ({
      what: `${printable(path)} is damaged: ${printable(why)}`,
      fix: 'put it aside, and deploy its bot again: bit bot deploy NAME',
    })),
    ...bots.flatMap((bot) => ofBot(reader, bot)),
    ...unhosted(reader, place),
  ];
}

function ofBot(reader: Reader, bot: DeployedBot): readonly BotAilment[] {
  const { name } = bot.manifest;
  const events = readEvents(reader.stateDirectory, { bot: name, most: MOST_READ });
  const oldest = events.reduce(
    (first, { started }) => (started !== null && started < first ? started : first),
    '~',
  );
  const accepted = (oldest === '~' ? undefined : inForceSince(reader.ledger, oldest)) ?? '';
  const changed = [bot.deployed, accepted].sort().at(-1) ?? '';
  const failing = events.filter(({ state, due }) => state === 'dead' || (state === 'queued' && due !== null));
  const old = failing.filter(({ started }) => started !== null && started < changed);
  const found: BotAilment[] = [];
  if (old.length > 0)
    found.push({
      what: `${name} failed at ${numbered(old)}, and ${bot.deployed > accepted ? 'it was deployed anew' : 'other policies came in force'} since`,
      fix: 'have it try them anew',
      async heal(writer) {
        const ids = old.map(({ event }) => event.id).reverse();
        const request = {
          action: 'bot.heal',
          event: 'BOT_REQUEUE',
          command: 'bot.selfheal',
          args: { bot: name },
        };
        await writer.perform(request, reviveEvents(writer, name, ids));
        return `it tries ${numbered(old)} anew`;
      },
    });
  const ended = events
    .filter(({ state }) => state === 'done' || state === 'dead')
    .sort((a, b) => ((a.ended ?? '') < (b.ended ?? '') ? 1 : -1));
  const since = ended.filter(({ started }) => started !== null && started >= changed);
  const last = since.slice(0, MOST_GIVEN_UP);
  const hopeless = last.length === MOST_GIVEN_UP && last.every(({ state }) => state === 'dead');
  const [given] = since.filter(({ state }) => state === 'dead');
  if (given === undefined || bot.paused) return found;
  const why = printable(shorten(given.why ?? 'for no reason it told', 200));
  if (!hopeless)
    found.push({
      what: `${name} gave up ${printable(given.event.id)}: ${why}`,
      fix: `put right what it failed by, and deploy it anew: bit bot update now ${name}`,
    });
  else
    found.push({
      what: `${name} gave up its last ${MOST_GIVEN_UP} events: ${why}`,
      fix: 'pause it: what it hears of is kept until it is resumed',
      async heal(writer) {
        const request = {
          action: 'bot.pause',
          event: 'BOT_PAUSE',
          command: 'bot.selfheal',
          args: { bot: name },
        };
        await writer.perform(request, await pauseBots(writer, { which: name, paused: true }));
        return `paused it; once it is put right: bit bot resume ${name}`;
      },
    });
  return found;
}

function numbered(events: readonly HandledEvent[]): string {
  return events.length === 1 ? '1 event' : `${events.length} events`;
}

function unhosted({ stateDirectory }: Reader, place: BotPlace): readonly BotAilment[] {
  const atWork = new Set(
    readDeployed(place).bots.flatMap(({ manifest, paused }) => (paused ? [] : [manifest.name])),
  );
  const waiting = readStandings(stateDirectory).filter(
    ({ bot, waiting, running }) => atWork.has(bot) && (waiting > 0 || running),
  );
  if (waiting.length === 0 || hostRuns(stateDirectory)) return [];
  const died = waiting.filter(({ running }) => running).map(({ bot }) => bot);
  return [
    {
      what: `events wait for ${waiting.map(({ bot }) => bot).join(', ')}, and no process hosts them${died.length === 0 ? '' : `; the last one died at an event of ${died.join(', ')}`}`,
      fix: 'start one, it goes on where that was: bit bot run; or for good: bit bot run --install systemd',
    },
  ];
}
