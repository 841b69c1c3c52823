import { BitError } from '../../kernel/errors.ts';
import type { Json } from '../../kernel/json.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { BitAnswer } from '../handler.ts';
import type { Handling } from './handling.ts';
import { MOST_STATE, sizeOf } from './queue.ts';
import { listTree, readTree } from './tree.ts';

/** Answers what the process of a bot asks of the host, every argument taken as hostile. */
export type Answers = (method: string, args: readonly unknown[]) => Promise<unknown>;

const KEY = /^[\x21-\x7e]{1,200}$/;

export function openAnswers(
  handling: Handling,
  calls: (words: unknown, options: unknown) => Promise<BitAnswer>,
): { readonly answers: Answers; readonly set: ReadonlyMap<string, Json> } {
  const { bot, root } = handling;
  const { name, limits } = bot.manifest;
  const kept = new Map(handling.state);
  const set = new Map<string, Json>();
  let said = 0;
  const keyOf = (given: unknown): string => {
    if (typeof given === 'string' && KEY.test(given)) return given;
    throw new BitError('usage', 'state: a key is 1 to 200 characters without blanks');
  };
  const tree = (): string => {
    if (!bot.granted.includes('tree:read'))
      throw new BitError('denied', `${name} was not granted tree:read`, {
        details: { capability: 'tree:read' },
      });
    handling.used('tree:read');
    if (root === undefined) throw new BitError('not-found', 'there is no work tree here');
    return root;
  };
  const answers: Answers = async (method, [first, second]) => {
    switch (method) {
      case 'bit':
        return calls(first, second);
      case 'state.get':
        return kept.get(keyOf(first)) ?? null;
      case 'state.set': {
        const key = keyOf(first);
        const value = (second ?? null) as Json;
        const after = new Map(kept);
        if (value === null) after.delete(key);
        else after.set(key, value);
        if (sizeOf(after) > MOST_STATE)
          throw new BitError('usage', `a bot keeps at most ${MOST_STATE} bytes`);
        if (value === null) kept.delete(key);
        else kept.set(key, value);
        set.set(key, value);
        return null;
      }
      case 'tree.read':
        return readTree(tree(), first) ?? null;
      case 'tree.list':
        tree();
        return listTree(() => handling.listed(), first);
      case 'log': {
        said += handling.say(String(first));
        if (said > limits.output_mb * 1024 * 1024)
          throw handling.stop(`it logs more than ${limits.output_mb} MB for one event`);
        return null;
      }
      default:
        throw new BitError('denied', `${printable(shorten(method))} is not for a bot`);
    }
  };
  return {
    set,
    answers: async (method, args) => {
      try {
        return await answers(method, args);
      } catch (error) {
        if (error instanceof BitError && error.code === 'denied') await handling.refused(method, args, error);
        throw error;
      }
    },
  };
}
