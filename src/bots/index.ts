/**
 * Bots: a manifest (`.bithub/bots/<name>.yml`: what it listens to, what it may do, who handles it) and a handler, which
 * comes with `bit`, from a plugin, or is a script beside the manifest.
 *
 * What is at work is a copy made by `bit bot deploy` ({@link DeployedBot}), pinned by its digest: a commit that is pulled
 * changes no deployed bot. It may do what its copy was granted and no more, as an actor of its own.
 */
export { attachScript, renderAttached, type ScriptAttached } from './attach.ts';
export { describeBotCapability, mayRun, type Need, needOf } from './capabilities.ts';
export { type BotWritten, type CreateRequest, createBot, duplicateBot, renderWritten } from './create.ts';
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
export type { BitAnswer, BitOptions, Bot, BotContext } from './handler.ts';
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
export { BOT_TEMPLATES, botTemplates, type TemplateInfo } from './templates.ts';
export {
  type BotDifference,
  type BotsUpdated,
  renderUpdated,
  scheduleUpdates,
  updateBots,
} from './update.ts';
export { rerouteText, subscriptionText } from './words.ts';
export type { BotTask } from './task.ts';
