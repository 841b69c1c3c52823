/** What a call asks of `input`, or of a constant, that can't be: text of what is no text, a path that isn't there. */
import { type Aliases, pathOf } from './input-paths.ts';
import { canBe, impossible, type Kind, kindsAt, shown, worded } from './input-shape.ts';
import type { Term } from './rego/ast.ts';
import { termText } from './rego/text.ts';
import { isArray } from './rego/values.ts';

type Call = Extract<Term, { kind: 'call' }>;

const TEXT = ['string'] as const;
const NUMBER = ['number'] as const;
const LIST = ['array', 'set'] as const;

export type Wanted = Kind | 'set';

/** What the builtins policies mostly use take, operand by operand; undefined where it may be anything. */
const TAKES: Readonly<Record<string, readonly (readonly Wanted[] | undefined)[]>> = {
  ...each(
    ['startswith', 'endswith', 'contains', 'indexof', 'split', 'trim', 'trim_left', 'trim_right'],
    [TEXT, TEXT],
  ),
  ...each(['trim_prefix', 'trim_suffix', 'regex.match', 'regex.split', 'regex.find_n'], [TEXT, TEXT]),
  ...each(
    ['lower', 'upper', 'trim_space', 'substring', 'sprintf', 'json.unmarshal', 'yaml.unmarshal'],
    [TEXT],
  ),
  ...each(['base64.decode', 'time.parse_rfc3339_ns', 'time.parse_duration_ns'], [TEXT]),
  ...each(['abs', 'ceil', 'floor', 'round'], [NUMBER]),
  ...each(['sum', 'product'], [LIST]),
  replace: [TEXT, TEXT, TEXT],
  'glob.match': [TEXT, undefined, TEXT],
  concat: [TEXT, LIST],
  count: [['string', 'array', 'object', 'set']],
};

function each(
  names: readonly string[],
  takes: readonly (readonly Wanted[])[],
): Record<string, readonly (readonly Wanted[])[]> {
  return Object.fromEntries(names.map((name) => [name, takes]));
}

/** What a builtin takes that isn't Rego's own; undefined where the name is none of those. */
export type TakesOf = (name: string) => readonly (readonly Wanted[] | undefined)[] | undefined;

/** What is wrong with a call's operands, one message each, at the operand. */
export function callFaults(
  call: Call,
  aliases: Aliases,
  more: TakesOf = () => undefined,
): { readonly message: string; readonly term: Term }[] {
  const faults: { message: string; term: Term }[] = [];
  const takes = Object.hasOwn(TAKES, call.name) ? (TAKES[call.name] ?? []) : (more(call.name) ?? []);
  for (const [i, wanted] of takes.entries()) {
    const term = call.args[i];
    if (wanted === undefined || term === undefined) continue;
    const found = misfit(term, wanted, aliases);
    if (found !== undefined)
      faults.push({ message: `${call.name} takes ${wordsOf(wanted)}; ${found}`, term });
  }
  const unreachable = call.name === 'object.get' ? missing(call, aliases) : undefined;
  if (unreachable !== undefined) faults.push({ message: unreachable, term: call });
  return faults;
}

function misfit(term: Term, wanted: readonly Wanted[], aliases: Aliases): string | undefined {
  if (term.kind === 'const') {
    if (canBe(wanted as readonly Kind[], term.value)) return undefined;
    return `${termText(term.value).slice(0, 80)} is none`;
  }
  const path = pathOf(term, aliases);
  const kinds = path === undefined ? undefined : kindsAt(path);
  if (path === undefined || kinds === undefined) return undefined;
  if (kinds.some((kind) => kind === 'any' || wanted.includes(kind))) return undefined;
  return `${shown(path)} is ${worded(kinds)}`;
}

function wordsOf(wanted: readonly Wanted[]): string {
  const kinds = wanted.filter((kind) => kind !== 'set');
  return `${worded(kinds)}${kinds.length < wanted.length ? ' or a set' : ''}`;
}

/** `object.get(input, ["repo", "brnch"], …)`: always the default. */
function missing({ args }: Call, aliases: Aliases): string | undefined {
  const [object, key] = args;
  const base = object === undefined ? undefined : pathOf(object, aliases);
  if (base === undefined || key?.kind !== 'const') return undefined;
  const names = isArray(key.value) ? key.value : [key.value];
  return names.every((name) => typeof name === 'string') ? impossible([...base, ...names]) : undefined;
}
