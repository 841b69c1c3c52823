import type { JsonObject } from '../kernel/json.ts';

/** What may happen that a bot hears of. */
export const BOT_EVENTS = ['ledger', 'git', 'workflow', 'schedule', 'mesh', 'github'] as const;
export type BotEventName = (typeof BOT_EVENTS)[number];

/** `.bithub/bots/<name>.yml`: what a bot listens to, what it may do, and who handles it. */
export interface BotManifest {
  /** The file's own name. */
  readonly name: string;
  readonly description: string;
  readonly handler: BotHandler;
  readonly on: readonly Subscription[];
  /**
   * Patterns of what its token carries (`repo:commit`, `workflow:retry`, `query:*` for reads) and of what its process
   * may touch (`tree:read`, `network:<host>[:port]`).
   */
  readonly capabilities: readonly string[];
  readonly limits: BotLimits;
  /** Handed to the handler as it stands. */
  readonly settings: JsonObject;
}

export const SCRIPT_LANGUAGES = ['aln', 'batch', 'lisp', 'bit', 'javascript', 'shell'] as const;
export type ScriptLanguage = (typeof SCRIPT_LANGUAGES)[number];

export type BotHandler =
  | { readonly kind: 'bundled'; readonly bot: string }
  | { readonly kind: 'plugin'; readonly package: string; readonly bot: string }
  /** `path` is relative to `.bithub/bots/<name>/`. */
  | { readonly kind: 'script'; readonly path: string; readonly language: ScriptLanguage };

/** What a bot hears of. An empty list narrows nothing. */
export interface Subscription {
  readonly event: BotEventName;
  /**
   * Of ledger its events (`COMMIT`); of git `commit`, `tag` or `ref`; of workflow `failed`, `finished` or `waiting`; of
   * mesh its messages (`JOB_RESULT`); of github the webhook's event and action (`issues.opened`).
   */
  readonly kinds: readonly string[];
  /** Names or paths of workflows. */
  readonly workflows: readonly string[];
  /** Globs. */
  readonly branches: readonly string[];
  readonly paths: readonly string[];
  /** Of a schedule: five fields, UTC. */
  readonly cron?: string;
  /** As of `bit trigger if`; it sees event, repo and bot. */
  readonly condition?: string;
}

/** One event at a time. */
export interface BotLimits {
  /** Of its process. */
  readonly memory_mb: number;
  /** An event may take. */
  readonly seconds: number;
  readonly processes: number;
  /** What it may print an event. */
  readonly output_mb: number;
  /** Tries of an event before it is given up. */
  readonly attempts: number;
}

export const DEFAULT_LIMITS: BotLimits = {
  memory_mb: 512,
  seconds: 300,
  processes: 64,
  output_mb: 8,
  attempts: 3,
};

/** Something that happened, as a bot is told of it. */
export interface BotEvent {
  /**
   * The same for the same happening, however often it is told: `ledger:<chain>/<seq>`, `schedule:<bot>/<iso>`,
   * `github:<delivery>`, `workflow:<run>/<n>`, `mesh:<job>/<ended>`, `git:<ref>:<commit>`.
   */
  readonly id: string;
  readonly event: BotEventName;
  readonly kind: string;
  /** RFC 3339. */
  readonly ts: string;
  /** `event` of expressions. */
  readonly facts: JsonObject;
}

/** `repo`, or `org:` with the host and the owner of the clones it holds in: `org:github.com/acme`. */
export type BotScope = 'repo' | `org:${string}`;

/** A file of a bot as it was when the bot was deployed. */
export interface DeployedFile {
  /** Relative to `.bithub/bots/<name>/`, with `/`. */
  readonly path: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly text: string;
}

/** Where a bot's events go instead of to itself. */
export type Reroute = { readonly bot: string } | { readonly runner: string } | { readonly profile: string };

/** A bot at work in this clone: a copy that no pulled commit changes. */
export interface DeployedBot {
  readonly manifest: BotManifest;
  /** The manifest's own text. */
  readonly text: string;
  readonly files: readonly DeployedFile[];
  /** `sha256:` over manifest and files. */
  readonly digest: string;
  /** RFC 3339. */
  readonly deployed: string;
  readonly scope: BotScope;
  /** What it may do: the manifest's capabilities, less what `.bithub.yml` or `bit bot secure shield` took. */
  readonly granted: readonly string[];
  /** `serviceAccount` of its entry in `identity.bots` of `.bithub.yml`. */
  readonly account: string | null;
  /** Its events wait in the queue. */
  readonly paused: boolean;
  readonly reroute: Reroute | null;
  /** What it listens to beside what its manifest says: `bit bot link`. */
  readonly links: readonly Subscription[];
  /** Cron line, UTC, by which the host takes a changed manifest that asks for no more; null: never by itself. */
  readonly updates: string | null;
}

/** Everything a deployed bot listens to. */
export function subscriptionsOf({ manifest, links }: DeployedBot): readonly Subscription[] {
  return [...manifest.on, ...links];
}
