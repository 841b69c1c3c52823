/**
 * The package's one public export: what a plugin, bundled or from npm, is made of. Versioned with the
 * package; what is not exported here is not the interface. How to write a plugin: docs/plugins.md.
 */
export { Args, Flags } from '@oclif/core';
export type { Verdict } from '../anchor/index.ts';
export type {
  BitAnswer,
  BitOptions,
  Bot,
  BotContext,
  BotEvent,
  BotEventName,
  Subscription,
} from '../bots/index.ts';
export { type ActionMeta, action, type Input, Query, type Rendering } from '../cli/command.ts';
export { ago, count, type Page } from '../cli/page.ts';
export { BitError, type ErrorCode } from '../kernel/errors.ts';
export type { Json, JsonObject } from '../kernel/json.ts';
export type {
  Bench,
  Change,
  Evidence,
  FailedStep,
  Finding,
  Fixer,
  PastStep,
  ToolResult,
} from '../mending/index.ts';
export type {
  Answer,
  Effect,
  OutcomeEvent,
  Progress,
  Reader,
  Touches,
  Writer,
} from '../operation/index.ts';
export {
  type AnchorCheckpoint,
  type AnchorContext,
  type AnchorKind,
  type AnchorReceipt,
  API_VERSION,
  type FetchOptions,
  type FetchResult,
  type Listener,
  type ListenerOutput,
  type LoreCard,
  type PolicyBuiltin,
  type StepContext,
  type StepFacts,
  type StepInput,
  type StepKind,
  type StorageHost,
  type StorageKind,
} from '../plugins/index.ts';
export type { BuiltinType } from '../policy/index.ts';
export type { StorageDriver } from '../storage/index.ts';
export type { Annotation } from '../workflow/index.ts';
