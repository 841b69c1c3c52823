/**
 * The host of the bots: hears what happens, keeps it in a durable queue, and has each bot handle its events one at a time
 * in a process of its own.
 *
 * Whatever language a bot is in, it changes nothing but by a `bit` command, which the host runs as a child under a token
 * that carries what the bot was granted: gate and ledger see the bot as who acts, and a refusal is an entry. No event is
 * lost: a source's cursor moves in the transaction that queues what it found. None is handled twice: an event's calls are
 * numbered and in a journal before and after, their operations name their cause, and one begins only once under each.
 * What holds and what does not: docs/bots-security.md.
 */
export {
  type BotStanding,
  type EventState,
  type HandledCall,
  type HandledEvent,
  readEvents,
  readStandings,
  readUsed,
  type UsedCapability,
} from './history.ts';
export { installHost } from './install.ts';
export { type LogLine, logFile, readLog } from './logs.ts';
export { type BotSession, type RunBots, runBots } from './run.ts';
export { type BotSeam, type CommandFacts, capabilityFor } from './seam.ts';
export type { Webhooks } from './sources/github.ts';
