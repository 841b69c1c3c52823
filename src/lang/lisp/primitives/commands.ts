/** The way out to `bit`: a command's status, what it printed, or what it prints with `--json`, as data. */
import type { Json } from '../../../kernel/json.ts';
import { condition, fail, list, members, Name, Pair, Raised, Text, type Value } from '../data.ts';
import type { CommandResult, Machine } from '../machine.ts';
import { Control } from '../procedures.ts';
import { MANY, primitive } from './check.ts';

/** Words of a command: names, strings and whole numbers as they are written, or a list of them. */
function wordsOf(args: readonly Value[]): string[] {
  return args.flatMap((one) => members(one)?.map(word) ?? [word(one)]);
}

function word(value: Value): string {
  if (value instanceof Name) return value.text;
  if (value instanceof Text) return value.value;
  if (typeof value === 'bigint') return String(value);
  return fail('bit: a word is a name, a string or a whole number', value);
}

async function ask(machine: Machine, words: readonly string[], json: boolean): Promise<CommandResult> {
  const { call } = machine.host;
  if (call === undefined) return fail('bit: no commands can be run here');
  const result = await call.call(machine.host, words, json);
  machine.commandStatus = BigInt(result.status);
  return result;
}

/** What a command gave that went well. @throws Raised with its status and what it said */
async function done(machine: Machine, words: readonly string[], json: boolean): Promise<CommandResult> {
  const result = await ask(machine, words, json);
  if (result.status === 0) return result;
  const irritants = [BigInt(result.status), new Text(result.error.trimEnd())];
  throw new Raised(condition(`bit ${words.join(' ')} failed`, irritants, 'command'));
}

/** Objects are lists of pairs with names, arrays vectors, `null` the name null. */
function dataOfJson(value: Json): Value {
  if (value === null) return Name.of('null');
  if (typeof value === 'string') return new Text(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(dataOfJson);
  return list(Object.entries(value).map(([name, one]) => new Pair(Name.of(name), dataOfJson(one as Json))));
}

export const COMMANDS = [
  new Control('bit', [1, MANY], (args, machine) => {
    const words = wordsOf(args);
    const { bit } = machine.host;
    machine.waiting =
      bit === undefined
        ? ask(machine, words, false).then(({ status }) => BigInt(status))
        : bit.call(machine.host, words);
  }),
  new Control('bit-output', [1, MANY], (args, machine) => {
    machine.waiting = done(machine, wordsOf(args), false).then(({ output }) => new Text(output));
  }),
  new Control('bit-json', [1, MANY], (args, machine) => {
    const words = wordsOf(args);
    machine.waiting = done(machine, words, true).then(({ json }) =>
      json === undefined ? fail(`bit ${words.join(' ')} gave no JSON`) : dataOfJson(json),
    );
  }),
  primitive('bit-status', 0, 0, (_, machine) => machine.commandStatus),
];
