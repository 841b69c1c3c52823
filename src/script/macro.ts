/**
 * Macros: `.bit` scripts with parameters. Lines that begin with `#:` at the top are YAML: what it is and what it takes.
 *
 *     #: summary: Tag a version and push it.
 *     #: args:
 *     #:   version: { description: The version to tag. }
 *     #: flags:
 *     #:   remote: { description: Where it goes., default: origin }
 *     bit.tag new v$version -m "Release $version"
 *     bit.push main $remote
 *
 * A macro sees its parameters and nothing of the environment, so that the same words always mean the same commands.
 */
import { parseDocument } from 'yaml';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import { parseScript } from './parse.ts';

export interface MacroParameter extends JsonObject {
  /** `dry-run`; its variable is `$dry_run`. */
  readonly name: string;
  readonly description: string;
  readonly type: 'text' | 'number' | 'boolean';
  readonly required: boolean;
  /** As it stands in the script; null: the word that is nothing but its variable is left out. */
  readonly default: string | null;
  /** The only values there are; empty: any. */
  readonly options: readonly string[];
  /** Of a boolean: what its variable holds where the flag is given. */
  readonly value: string;
}

export interface Macro extends JsonObject {
  readonly summary: string;
  readonly description: string;
  readonly args: readonly MacroParameter[];
  readonly flags: readonly MacroParameter[];
  /** Everything is taken back when a line fails. */
  readonly atomic: boolean;
}

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const MOST_HEADER = 64 * 1024;
const MOST_PARAMETERS = 50;
/** Flags of every command. */
const TAKEN = new Set('json jq directory no-input quiet show-git dry-run yes help version'.split(' '));
const MEMBERS = ['summary', 'description', 'args', 'flags', 'atomic'];
const OF_PARAMETER = ['description', 'type', 'required', 'default', 'options', 'value'];

/**
 * Reads what a macro says of itself, and its lines with stand-ins for its parameters.
 *
 * @throws BitError `usage` naming path and line
 */
export function parseMacro(path: string, text: string): Macro {
  const macro = readHeader(path, text);
  const lines = parseScript(
    path,
    text,
    variablesOf(macro, {}, (parameter) => parameter.name),
  );
  if (lines.length === 0) throw new BitError('usage', `${path} runs nothing`);
  return macro;
}

/** The commands it runs, a line each, for a person: `tag new v$version`. */
export function macroLines(path: string, text: string, macro: Macro): readonly string[] {
  const shown = variablesOf(macro, {}, ({ name }) => `$${variable(name)}`);
  return parseScript(path, text, shown).map(({ words }) => printable(shorten(words.join(' '), 200)));
}

/** Variables of a script by the values given; what is absent is null. */
export function variablesOf(
  { args, flags }: Macro,
  given: Readonly<Record<string, unknown>>,
  otherwise: (parameter: MacroParameter) => string | null = (parameter) => parameter.default,
): Readonly<Record<string, string | null>> {
  const all = [...args, ...flags].map((parameter) => {
    const value = given[parameter.name];
    if (value === undefined || value === null || value === false)
      return [variable(parameter.name), otherwise(parameter)] as const;
    return [variable(parameter.name), value === true ? parameter.value : String(value)] as const;
  });
  return Object.fromEntries(all);
}

function variable(name: string): string {
  return name.replaceAll('-', '_');
}

function readHeader(path: string, text: string): Macro {
  const lines = text.split(/\r?\n/);
  const first = lines.findIndex((line) => line.startsWith('#:'));
  const wrong = (why: string, line = first + 1): BitError =>
    new BitError('usage', `${path}:${Math.max(1, line)}: ${why}`, {
      hint: 'a macro begins with lines of #: that say what it is: docs/plugins.md',
      details: { path, line },
    });
  if (first < 0) throw wrong('is no macro: it has no lines that begin with #:');
  if (lines.slice(0, first).some((line) => line.trim() !== '' && !line.startsWith('#')))
    throw wrong('lines of #: stand before the first command');
  const after = lines.findIndex((line, at) => at > first && !line.startsWith('#:'));
  const header = lines.slice(first, after < 0 ? undefined : after);
  const yaml = header.map((line) => line.replace(/^#: ?/, '')).join('\n');
  if (yaml.length > MOST_HEADER) throw wrong('its header is larger than 64 kB');
  const document = parseDocument(yaml, { uniqueKeys: true, logLevel: 'silent' });
  const [fault] = document.errors;
  if (fault !== undefined)
    throw wrong(fault.message.split('\n')[0] ?? 'is no YAML', first + (fault.linePos?.[0].line ?? 1));
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  if (!isJsonObject(value)) throw wrong('its header is no mapping');
  refuseUnknown(value, MEMBERS, 'a macro', wrong);
  const { summary, description = '', atomic = false } = value;
  if (typeof summary !== 'string' || summary === '') throw wrong('summary is missing');
  if (typeof description !== 'string') throw wrong('description is no text');
  if (typeof atomic !== 'boolean') throw wrong('atomic is true or false');
  const args = parameters(value['args'], 'args', wrong);
  const flags = parameters(value['flags'], 'flags', wrong);
  const names = [...args, ...flags].map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw wrong(`${twice} is there twice`);
  if (args.some((one, at) => one.required && args.slice(0, at).some((before) => !before.required)))
    throw wrong('an argument that must be given stands after one that need not');
  return {
    summary: printable(shorten(summary, 200)),
    description: printable(shorten(description, 2000), { multiline: true }),
    args,
    flags,
    atomic,
  };
}

type Wrong = (why: string) => BitError;

function refuseUnknown(value: JsonObject, known: readonly string[], what: string, wrong: Wrong): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const [near] = nearest(key, known, 1);
    const meant = near === undefined ? `it knows ${known.join(', ')}` : `did you mean ${near}?`;
    throw wrong(`${what} has no ${printable(shorten(key))}: ${meant}`);
  }
}

function parameters(value: unknown, kind: 'args' | 'flags', wrong: Wrong): readonly MacroParameter[] {
  if (value === undefined || value === null) return [];
  if (!isJsonObject(value)) throw wrong(`${kind} is no mapping`);
  const entries = Object.entries(value);
  if (entries.length > MOST_PARAMETERS) throw wrong(`more than ${MOST_PARAMETERS} ${kind}`);
  return entries.map(([name, said]) => parameter(name, said, kind, wrong));
}

function parameter(name: string, said: unknown, kind: 'args' | 'flags', fault: Wrong): MacroParameter {
  const wrong = (why: string): BitError => fault(`${kind}.${printable(shorten(name))} ${why}`);
  if (!NAME.test(name) || name.length > 40) throw wrong('is no name: small letters, digits and dashes');
  if (kind === 'flags' && TAKEN.has(name)) throw wrong('is a flag every command has');
  if (said !== null && !isJsonObject(said)) throw wrong('is no mapping');
  const given = said ?? {};
  refuseUnknown(given, OF_PARAMETER, `${kind}.${name}`, fault);
  const { description = '', type = 'text', value = 'true' } = given;
  if (typeof description !== 'string') throw wrong('has a description that is no text');
  if (type !== 'text' && type !== 'number' && type !== 'boolean')
    throw wrong('has a type that is none of text, number and boolean');
  if (type === 'boolean' && kind === 'args') throw wrong('is an argument, and only a flag can be boolean');
  if (type !== 'boolean' && given['value'] !== undefined) throw wrong('has a value, which is for booleans');
  if (typeof value !== 'string') throw wrong('has a value that is no text');
  const otherwise = given['default'] ?? null;
  const required = given['required'] ?? (kind === 'args' && otherwise === null);
  if (typeof required !== 'boolean') throw wrong('has a required that is neither true nor false');
  if (required && otherwise !== null) throw wrong('must be given and has a default');
  if (type === 'boolean' && (otherwise !== null || required))
    throw wrong('is boolean: it is there or it is not, and has no default');
  if (otherwise !== null && typeof otherwise !== (type === 'number' ? 'number' : 'string'))
    throw wrong(`has a default that is no ${type}`);
  if (type === 'number' && otherwise !== null && !Number.isSafeInteger(otherwise))
    throw wrong('has a default that is no whole number');
  const options = optionsOf(given['options'], type, wrong);
  if (otherwise !== null && options.length > 0 && !options.includes(String(otherwise)))
    throw wrong(`has a default that is none of ${options.join(', ')}`);
  return {
    name,
    description: printable(shorten(description, 300)),
    type,
    required,
    default: otherwise === null ? null : String(otherwise),
    options,
    value,
  };
}

function optionsOf(value: unknown, type: string, wrong: Wrong): readonly string[] {
  if (value === undefined) return [];
  if (type !== 'text') throw wrong('has options, which are for texts');
  const words = Array.isArray(value) ? (value as unknown[]) : [];
  if (words.length === 0 || words.length > 100 || words.some((word) => typeof word !== 'string'))
    throw wrong('has options that are no list of texts');
  return words as string[];
}
