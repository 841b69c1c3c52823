/** What a thing of a plugin takes by name, as it is written in a file of the repository. */
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import { nearest, printable, shorten } from '../../kernel/text.ts';

/** An input of a step kind, given by `with`, or an option of an anchor. */
export interface StepInput {
  readonly description?: string;
  readonly required?: boolean;
  readonly default?: string;
}

export const INPUT = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;

/** What is told of them at install. @throws BitError `usage` naming the one that is none */
export function inputFacts(inputs: unknown, where: string, what: 'input' | 'option'): JsonObject {
  if (!isJsonObject(inputs)) throw new BitError('usage', `${where}: ${what}s must be an object`);
  const read = Object.entries(inputs).map(([input, asked]) => {
    const wrong = (why: string): BitError =>
      new BitError('usage', `${where}: the ${what} ${printable(shorten(input))} ${why}`);
    if (!INPUT.test(input)) throw wrong('has no name of letters, digits, - and _');
    if (!isJsonObject(asked)) throw wrong('is no object');
    const { description = '', required = false, default: otherwise } = asked as StepInput;
    if (typeof description !== 'string' || typeof required !== 'boolean') throw wrong('is malformed');
    if (otherwise !== undefined && typeof otherwise !== 'string')
      throw wrong('has a default that is no text');
    const kept = { description: printable(shorten(description, 300)), required };
    return [input, otherwise === undefined ? kept : { ...kept, default: otherwise }] as const;
  });
  return Object.fromEntries(read);
}

/** What the host knows of them, of {@link inputFacts}. */
export function inputsOf(
  facts: JsonObject,
  member: 'inputs' | 'options' = 'inputs',
): Readonly<Record<string, StepInput>> {
  const inputs = facts[member];
  return isJsonObject(inputs) ? (inputs as unknown as Record<string, StepInput>) : {};
}

/** @throws BitError `usage` naming the one that is missing or unknown */
export function checkInputs(
  asked: Readonly<Record<string, StepInput>>,
  given: readonly string[],
  at: { readonly shown: string; readonly what: 'input' | 'option'; readonly where: string },
): void {
  const { shown, what, where } = at;
  for (const name of given) {
    if (Object.hasOwn(asked, name)) continue;
    const near = nearest(name, Object.keys(asked));
    throw new BitError('usage', `${shown} has no ${what} ${printable(shorten(name))}`, {
      hint:
        near.length > 0
          ? `did you mean: ${near.join(', ')}`
          : `its ${what}s: ${Object.keys(asked).join(', ') || 'none'}`,
    });
  }
  for (const [name, input] of Object.entries(asked)) {
    if (input.required === true && input.default === undefined && !given.includes(name))
      throw new BitError('usage', `${shown} needs the ${what} ${name}`, { hint: `give it ${where}` });
  }
}

/** What was given, and the defaults of the rest. */
export function withDefaults(
  asked: Readonly<Record<string, StepInput>>,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [name, input] of Object.entries(asked)) {
    const value = given[name] ?? input.default;
    if (value !== undefined) values[name] = value;
  }
  return values;
}
