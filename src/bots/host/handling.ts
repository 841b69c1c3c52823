import type { Environment } from '../../git/index.ts';
import type { BitError } from '../../kernel/errors.ts';
import type { Json, JsonObject } from '../../kernel/json.ts';
import type { BotEvent, BotHandler, BotManifest, DeployedFile } from '../model.ts';
import type { BotSeam } from './seam.ts';

/** A bot as its process has to do with it. */
export interface HandledBot {
  readonly manifest: Pick<BotManifest, 'name' | 'handler' | 'limits' | 'settings'>;
  readonly files: readonly DeployedFile[];
  readonly granted: readonly string[];
}

/** Where the code of a bot lies that is no script. */
export interface HandlerCode {
  readonly directory: string;
  /** Relative to it. */
  readonly module: string;
}

/** One event and the process that handles it, here or elsewhere: what it is given, and what it asks. */
export interface Handling {
  readonly bot: HandledBot;
  readonly event: BotEvent;
  /** What `bit bot contextualize` stored. */
  readonly context: JsonObject | undefined;
  /** What it kept. */
  readonly state: ReadonlyMap<string, Json>;
  /** Root of the work tree; undefined in a bare repository. */
  readonly root: string | undefined;
  readonly env: Environment;
  /** Where files of bots are written for their processes. */
  readonly stateDirectory: string;
  readonly seam: Pick<BotSeam, 'program' | 'shim'>;
  /** Another time than the clock's. */
  readonly now?: string;
  /**
   * What a shell script runs in: a room made for it, or the one this is in already, which has no network and nothing but
   * the tree and the programs.
   */
  readonly room: 'own' | 'around';
  /** @throws BitError `not-found` where nobody brings it */
  code(handler: Exclude<BotHandler, { readonly kind: 'script' }>): HandlerCode;
  /** Paths of files git tracks or does not ignore. */
  listed(): Promise<readonly string[]>;
  /** Aborted by either of these two. */
  readonly signal: AbortSignal;
  /** The host ends. */
  readonly hostEnds: AbortSignal;
  /** See {@link Handling.stop}. */
  readonly stopped: AbortSignal;
  /** A line of the bot's own in its log; the bytes written. */
  say(line: string): number;
  /** Ends it as failed; what it failed by. */
  stop(why: string): BitError;
  /** It asked for what this capability gives. */
  used(capability: string): void;
  /** Records what was refused before any command began. */
  refused(method: string, args: readonly unknown[], error: Error): Promise<void>;
}
