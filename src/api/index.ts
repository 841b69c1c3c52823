/**
 * The package's one public export: what a command, bundled or from npm, is made of. Versioned with the package;
 * what is not exported here is not the interface.
 */
export { type ActionMeta, action, type Input, Query, type Rendering } from '../cli/command.ts';
export type { Page } from '../cli/page.ts';
export { BitError, type ErrorCode } from '../kernel/errors.ts';
export type { Json, JsonObject } from '../kernel/json.ts';
export type { Answer, Effect, Progress, Reader, Touches, Writer } from '../operation/index.ts';
