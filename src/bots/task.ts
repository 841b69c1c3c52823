import type { JsonObject } from '../kernel/json.ts';
import type { BotEvent, ScriptLanguage } from './model.ts';

/** What the process of a bot is given to do: one event. */
export interface BotTask {
  readonly kind: 'bot';
  readonly bot: string;
  /** Of its package or of its script; the one thing beside `bit` itself that it may read. */
  readonly directory: string;
  readonly handler:
    | { readonly kind: 'module'; readonly file: string; readonly name: string }
    | {
        readonly kind: 'script';
        readonly language: Exclude<ScriptLanguage, 'shell'>;
        readonly path: string;
        /** Absolute; where a script in JavaScript lies. */
        readonly file: string;
        readonly text: string;
      };
  readonly event: BotEvent;
  readonly settings: JsonObject;
  readonly context: JsonObject | null;
  readonly seconds: number;
  /** RFC 3339: what its context says the time is; absent: the clock. */
  readonly now?: string;
}
