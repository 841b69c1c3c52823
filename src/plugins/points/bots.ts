import type { Bot } from '../../bots/index.ts';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { texts } from '../shapes.ts';
import { checkItems, described, type PointKind } from './point.ts';

const MOST_SUBSCRIPTIONS = 50;

export const botPoint: PointKind<Bot> = {
  what: 'bot',
  check(value, where) {
    const bots = checkItems<Bot>(value, {
      where,
      point: 'bots',
      what: 'bot',
      texts: ['description'],
      functions: ['handle'],
    });
    for (const bot of bots) {
      const { name, on, capabilities }: { name: string; on: unknown; capabilities: unknown } = bot;
      const wrong = (why: string): BitError => new BitError('usage', `${where}: ${name} is no bot: ${why}`);
      if (!Array.isArray(on) || on.length > MOST_SUBSCRIPTIONS || !on.every(isSubscription))
        throw wrong('on must be a list of events');
      if (!Array.isArray(capabilities) || capabilities.some((one) => typeof one !== 'string'))
        throw wrong('capabilities must be a list of names');
    }
    return bots;
  },
  describe({ name, description, on, capabilities }) {
    const facts: JsonObject = {
      on: JSON.parse(JSON.stringify(on)) as Json,
      capabilities: [...texts(capabilities, `${name}.capabilities`, 100)],
    };
    return described(name, description, facts);
  },
  async invoke(bot) {
    throw new BitError('unsupported', `${bot.name} is run by the bot host: bit bot deploy, bit bot run`);
  },
};

function isSubscription(value: unknown): boolean {
  return isJsonObject(value) && typeof value['event'] === 'string';
}
