import type { BotEvent } from './model.ts';

const MOST_FACTS = 64;
const LONGEST = 4096;

/**
 * What a script knows of the event it handles, by name: `BOT`, `EVENT`, `EVENT_ID`, `EVENT_KIND`, `EVENT_TS` and its
 * facts that are plain values, `EVENT_BRANCH`, `EVENT_RUN`. Variables of ALN, batch and `.bit`, environment of shell,
 * and of Lisp strings by their names in small letters: `event-branch` ({@link lispPrelude}).
 */
export function scriptVariables(bot: string, event: BotEvent): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(event.facts).slice(0, MOST_FACTS)) {
    if (!/^[A-Za-z][A-Za-z0-9_]{0,47}$/.test(name) || typeof value === 'object') continue;
    const snake = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
    variables[`EVENT_${snake}`] = String(value).replaceAll('\0', '').slice(0, LONGEST).toWellFormed();
  }
  const { event: EVENT, id: EVENT_ID, kind: EVENT_KIND, ts: EVENT_TS } = event;
  return { ...variables, BOT: bot, EVENT, EVENT_ID, EVENT_KIND, EVENT_TS };
}

/** Definitions that stand before a script in Lisp. */
export function lispPrelude(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      const symbol = name.toLowerCase().replaceAll('_', '-');
      const text = value
        .replace(/[\\"]/g, '\\$&')
        .replace(/[^\x20-\x7e]/gu, (one) => `\\x${one.codePointAt(0)?.toString(16)};`);
      return `(define ${symbol} "${text}")`;
    })
    .join('\n');
}
