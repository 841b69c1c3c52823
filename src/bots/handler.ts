import type { Json, JsonObject } from '../kernel/json.ts';
import type { BotEvent, Subscription } from './model.ts';

/** A bot in JavaScript: what `"bit": {"bots": "bots.js"}` of a package, or a bundled plugin's `bots.ts`, exports as `bots`. */
export interface Bot {
  /** As a manifest names it: `bundled:planner`, `plugin:@acme/bots#triage`. */
  readonly name: string;
  readonly description: string;
  /** What a manifest made from it listens to. */
  readonly on: readonly Partial<Subscription>[];
  /** The most it asks for. */
  readonly capabilities: readonly string[];
  /**
   * Handles one event. What it throws is a failed try: the event comes again later, at most as often as the manifest's
   * `limits.attempts` says. After a crash, of itself or of the host, the same event comes again too, and the calls of
   * {@link BotContext.bit} that had ended are answered as they were the first time.
   */
  handle(event: BotEvent, context: BotContext): Promise<void> | void;
}

/** How a `bit` command of a bot ended. */
export interface BitAnswer {
  /** 3 where the token or a policy refused it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What `--json` printed; absent where it printed none. */
  readonly json?: Json;
}

export interface BitOptions {
  /** Adds `--json`, and reads what it prints. */
  readonly json?: boolean;
  /** Its standard input. */
  readonly input?: string;
}

/** What a bot has of the world. */
export interface BotContext {
  /** Its name. */
  readonly bot: string;
  /** `settings` of its manifest. */
  readonly settings: JsonObject;
  /**
   * Aborted when its time is over, or the host ends. Two seconds later its process is ended; where it is the host that
   * ends, the event comes again, however the handler left.
   */
  readonly signal: AbortSignal;
  now(): Date;
  /** What `bit bot contextualize` stored; undefined where nothing was. */
  readonly context: JsonObject | undefined;
  /**
   * Runs a `bit` command under the bot's own token, words without `bit`; `--no-input`, and for actions `--yes`, are
   * added. One runs at a time, in the order they are asked for. Rejects only when the host ends.
   */
  bit(words: readonly string[], options?: BitOptions): Promise<BitAnswer>;
  /** Its own, 1 MB in all. What is set is part of the event: kept once that is done, forgotten where it fails. */
  readonly state: {
    get(key: string): Promise<Json | undefined>;
    set(key: string, value: Json): Promise<void>;
  };
  /** The work tree as it is, below its root and without `.git`, read only; needs `tree:read`. */
  readonly tree: {
    /** Undefined where there is no such file. At most 4 MB of it. */
    read(path: string): Promise<string | undefined>;
    /** At most 10,000 files git tracks, or does not ignore, whose path a glob matches. */
    list(glob: string): Promise<readonly string[]>;
  };
  /** A line in the bot's log: `bit bot query logs`. */
  log(line: string): void;
}
