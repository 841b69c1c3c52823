import type { JsonObject } from '../kernel/json.ts';
import { GLOBAL_FLAGS } from './flags.ts';
import { KIND } from './kind.ts';
import type { CommandClass } from './table.ts';

/** The statics of a command, as far as a table and help need them. */
interface Statics {
  readonly [KIND]?: 'query' | 'action';
  readonly action?: string;
  readonly event?: string;
  readonly passthrough?: boolean;
  readonly strict?: boolean;
  readonly hidden?: boolean;
  readonly summary?: string;
  readonly description?: string;
  readonly examples?: unknown;
  readonly aliases?: readonly string[];
  readonly args?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly flags?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly baseFlags?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Members of a flag or an argument that help prints; functions among them stay behind. */
const OF_A_FLAG =
  'char description helpGroup helpValue hidden multiple options required type allowNo aliases summary'.split(
    ' ',
  );
const OF_AN_ARGUMENT = ['description', 'hidden', 'multiple', 'options', 'required'];

/** A command in the form that crosses the channel: for the table, and for help oclif's cached form. */
export function describeCommand(id: string, commandClass: CommandClass): JsonObject {
  const statics = commandClass as unknown as Statics;
  const { args = {}, flags = {}, baseFlags = {}, strict = true, passthrough = false } = statics;
  return {
    kind: statics[KIND] ?? null,
    takesWords: strict === false || Object.keys(args).length > 0,
    passthrough,
    aliases: [...(statics.aliases ?? [])],
    help: {
      id,
      aliases: [...(statics.aliases ?? [])],
      hiddenAliases: [],
      strict,
      hidden: statics.hidden === true,
      ...plain({ summary: statics.summary, description: statics.description, examples: statics.examples }),
      args: members(args, OF_AN_ARGUMENT),
      flags: members({ ...baseFlags, ...flags }, OF_A_FLAG),
      hasDynamicHelp: false,
      global: Object.keys(baseFlags).filter((name) => GLOBAL_FLAGS.has(name)),
    },
  };
}

function members(
  described: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  kept: readonly string[],
): JsonObject {
  return Object.fromEntries(
    Object.entries(described).map(([name, one]) => [
      name,
      { name, ...plain(Object.fromEntries(kept.map((member) => [member, one[member]]))) },
    ]),
  );
}

/** The JSON of a value: what has none (functions, undefined) is left out. */
function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
