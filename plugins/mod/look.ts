import type { BotContext } from '@bithub/cli';
import { isObject, objects, why } from '../answers.ts';

/** Where denied words stand, `line:column`; undefined where it could not be looked. */
export async function look(text: string, context: BotContext): Promise<readonly string[] | undefined> {
  const answer = await context.bit(['check', 'language', '-', '--warn'], { json: true, input: text });
  const { json } = answer;
  if (isObject(json) && Array.isArray(json['findings']))
    return objects(json['findings']).map(({ line, column }) => `${String(line)}:${String(column)}`);
  context.log(`the language could not be looked at: ${why(answer)}`);
  return undefined;
}

export function words(count: number): string {
  return count === 1 ? 'a word' : `${count} words`;
}
