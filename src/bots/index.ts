/**
 * Bots: a manifest (`.bithub/bots/<name>.yml`: what it listens to, what it may do, who handles it) and a handler, which
 * comes with `bit`, from a plugin, or is a script beside the manifest.
 *
 * What is at work is a copy made by `bit bot deploy` ({@link DeployedBot}), pinned by its digest: a commit that is pulled
 * changes no deployed bot. It may do what its copy was granted and no more, as an actor of its own.
 *
 * The host of the bots: hears what happens, keeps it in a durable queue, and has each bot handle its events one at a time
 * in a process of its own.
 *
 * Whatever language a bot is in, it changes nothing but by a `bit` command, which the host runs as a child under a token
 * that carries what the bot was granted: gate and ledger see the bot as who acts, and a refusal is an entry. No event is
 * lost: a source's cursor moves in the transaction that queues what it found. None is handled twice: an event's calls are
 * numbered and in a journal before and after, their operations name their cause, and one begins only once under each.
 * What holds and what does not: docs/bots-security.md.
 */
export { attachScript, renderAttached, type ScriptAttached } from './attach.ts';
export { describeBotCapability, mayRun, type Need, needOf } from './capabilities.ts';
export type { BotsContext } from './context.ts';
export { contextualize, renderContext } from './contextualize.ts';
export { type BotWritten, type CreateRequest, createBot, duplicateBot, renderWritten } from './create.ts';
export { type DeliverRequest, deliver, type Receipt, renderReceipt } from './delivery/deliver.ts';
export { type Received, type ReceiveRequest, receive, renderReceived } from './delivery/receive.ts';
export { type BotDeployed, deployBot, renderDeployed } from './deploy.ts';
export {
  type BotPlace,
  botDigest,
  botPlace,
  type DeployedBots,
  deployedBots,
  deployedNamed,
  deployedPath,
  readDeployed,
  writeDeployed,
} from './deployed.ts';
export { botWork, type FarSeam } from './elsewhere/work.ts';
export type { BitAnswer, BitOptions, Bot, BotContext } from './handler.ts';
export { type BotAilment, botAilments } from './heal.ts';
export {
  type BotStanding,
  type EventState,
  type HandledCall,
  type HandledEvent,
  readEvents,
  readStandings,
  readUsed,
  type UsedCapability,
} from './host/history.ts';
export { installHost, webhooksOf } from './host/install.ts';
export { type LogLine, logFile, readLog } from './host/logs.ts';
export { type BotSession, type RunBots, runBots } from './host/run.ts';
export { type BotSeam, type CommandFacts, capabilityFor } from './host/seam.ts';
export type { Webhooks } from './host/sources/github.ts';
export { DUTIES, type Grant, grantOf } from './identity.ts';
export { type BotLinked, linkBot, linkWorkflowOrBot, renderLinked } from './link.ts';
export { type BotList, LIST_WHICH, type ListWhich, listBots, renderBots } from './list.ts';
export {
  CONDITION_NAMES,
  checkBotCapability,
  checkBotName,
  checkSubscription,
  handlerText,
  languageOf,
  parseBot,
  parseHandler,
} from './manifest.ts';
export {
  BOT_EVENTS,
  type BotEvent,
  type BotEventName,
  type BotHandler,
  type BotLimits,
  type BotManifest,
  type BotScope,
  DEFAULT_LIMITS,
  type DeployedBot,
  type DeployedFile,
  type Reroute,
  SCRIPT_LANGUAGES,
  type ScriptLanguage,
  type Subscription,
  subscriptionsOf,
} from './model.ts';
export { type BotsPaused, pauseBots, renderPaused } from './pause.ts';
export { type BotAnswer, followBots, QUERY_WHAT, type QueryWhat, queryBots, renderAnswer } from './query.ts';
export {
  type Rerouted,
  type RerouteRequest,
  type Routes,
  readRoutes,
  renderRerouted,
  rerouteEvents,
  routeFor,
} from './reroute.ts';
export { type CheckedScript, checkScript } from './script-check.ts';
export { lispPrelude, scriptVariables } from './script-variables.ts';
export { type BotScan, renderScan, type ScannedBot, scanBots } from './secure/scan.ts';
export { renderShielded, type Shielded, shieldBot } from './secure/shield.ts';
export { botTrail, renderTrail, type Trail, type TrailStep } from './secure/trail.ts';
export { BOT_SCHEMA_ID, BOT_SHAPE } from './shape.ts';
export {
  BOTS_FOLDER,
  type BotSource,
  botNames,
  type FoundBot,
  findBots,
  manifestPath,
  readBot,
} from './source.ts';
export type { BotTask } from './task.ts';
export { BOT_TEMPLATES, botTemplates, type TemplateInfo } from './templates.ts';
export {
  type BotDifference,
  type BotsUpdated,
  renderUpdated,
  scheduleUpdates,
  updateBots,
} from './update.ts';
export { rerouteText, subscriptionText } from './words.ts';
