/**
 * Plugins: packages that bring commands and listeners through the public seam (`@bithub/cli`, see docs/plugins.md).
 *
 * A plugin's code runs inside `bit` only where it came with `bit` or the user trusts it by name; any other runs in a
 * sandboxed process ({@link runSandboxed}) that holds no key, no environment and no file of the user's, and asks for
 * everything over a channel whose every message is checked against the capabilities shown at install
 * ({@link openBroker}). What is installed is a table ({@link readPlugins}); what is trusted and switched on are the
 * user's settings ({@link readSettings}).
 */
export { type BrokerOptions, openBroker } from './broker.ts';
export { bundledPlugins } from './bundled.ts';
export { CAPABILITIES, describeCapability } from './capabilities.ts';
export { type Channel, type ChannelLimits, openChannel } from './channel.ts';
export type { DescribeTask } from './describe.ts';
export {
  type Extension,
  type Extensions,
  extensionsOf,
  may,
  parseReference,
  requireExtension,
} from './extensions.ts';
export { type InstalledPlugin, type InstallRequest, installPlugin } from './install.ts';
export {
  boundedOutput,
  checkListeners,
  hear,
  LISTENER_LIMIT,
  type Listener,
  type ListenerOutput,
  type ListenerState,
  type LoreCard,
  listListeners,
  type SwitchedListener,
  switchListener,
} from './listeners.ts';
export { type LiveHost, livePlugins, readLive, refreshLive } from './live.ts';
export { type LoadedPlugin, loadPlugin, type UnloadedPlugin, unloadPlugin } from './load.ts';
export { appendLore, LORE_FILE } from './lore.ts';
export {
  installedPlugins,
  isTrusted,
  type ListedPlugin,
  listPlugins,
  type PluginTrust,
  trustPlugin,
  type UninstalledPlugin,
  uninstallPlugin,
  usedPlugins,
} from './manage.ts';
export { API_VERSION, type PluginManifest, parseManifest } from './manifest.ts';
export type { FetchOptions, FetchResult } from './network.ts';
export type {
  AnchorCheckpoint,
  AnchorContext,
  AnchorKind,
  AnchorReceipt,
} from './points/anchors.ts';
export type { PolicyBuiltin } from './points/builtins.ts';
export { POINTS } from './points/index.ts';
export type { StepInput } from './points/inputs.ts';
export { POINT_NAMES, type Point } from './points/names.ts';
export type { Invocation, PointKind, Tool } from './points/point.ts';
export type { StepContext, StepFacts, StepKind } from './points/steps.ts';
export type { StorageHost, StorageKind } from './points/storage.ts';
export {
  type Origin,
  type Provenance,
  REQUIREMENTS,
  type Requirement,
  type SignatureState,
} from './provenance/origin.ts';
export type { TrustRoot } from './provenance/trust-root.ts';
export {
  isolation,
  runSandboxed,
  SANDBOX_LIMITS,
  type SandboxLimits,
  type SandboxOptions,
  type SandboxProgram,
  type SandboxResult,
} from './sandbox.ts';
export {
  type CreatedExtension,
  createExtension,
  SCAFFOLD_KINDS,
  type ScaffoldKind,
} from './scaffold/index.ts';
export { openSandboxedSession, type ServeTask, type Session } from './session.ts';
export { changeSettings, readSettings, settingsFile, type UserSettings } from './settings.ts';
export { type PluginSource, parseSource } from './source.ts';
export {
  helpFile,
  type InstalledListener,
  type Plugin,
  type PluginCommand,
  type Provided,
  type Provides,
  readPlugins,
  storeDirectory,
  tableFile,
} from './table.ts';
export { checkStepUse, pluginFixers, runStepKind } from './use.ts';
export { pluginAnchors } from './use-anchors.ts';
export { type BuiltinsOptions, openBuiltins } from './use-builtins.ts';
export { pluginStorage, type StorageLimits } from './use-storage.ts';
