/**
 * Rego: texts are read, compiled, evaluated with and without a trace, and laid out anew. Wrong is anything thrown but a
 * fault with a place in the text, a trace that changes the result, and a layout that isn't settled at once.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPolicy } from '../../../src/policy/index.ts';
import { type Module, RegoError } from '../../../src/policy/rego/ast.ts';
import { builtinNames } from '../../../src/policy/rego/builtins/index.ts';
import { Machine } from '../../../src/policy/rego/machine.ts';
import { parseModule } from '../../../src/policy/rego/parse-module.ts';
import { Program } from '../../../src/policy/rego/program.ts';
import { termText } from '../../../src/policy/rego/text.ts';
import { Tracer } from '../../../src/policy/rego/tracer.ts';
import type { Value } from '../../../src/policy/rego/values.ts';
import type { Random } from '../random.ts';
import { LONGEST, root, type Tally, type Target } from './target.ts';

/** One evaluation; what reading and compiling takes is bounded by the length of the text. */
const BUDGET = { steps: 50_000, milliseconds: 100, output: 1 << 18 };
const CASES = join(root, '..', 'shared', 'conformance', 'rego');

/** Looks outside, or is by chance: not the same twice. */
const UNSTEADY = /time\.now_ns|rand\.intn|uuid\.rfc4122|io\.jwt\.encode_sign/;
const WORDS: readonly string[] = [
  ...'package import default if else contains some every in not with as true false null input data _'.split(
    ' ',
  ),
  ...':= == != <= >= < > + - * / % & | ( ) [ ] { } , ; : . $" ` " # \n'.split(' '),
  ...[
    '0',
    '-1',
    '1e308',
    '9'.repeat(40),
    '0.1',
    '""',
    '"\\u0000"',
    '[]',
    '{}',
    'set()',
    '$"{x}"',
    '`',
    '\u{1f600}',
  ],
  ...builtinNames(),
];

const BRACKETS: readonly (readonly [open: string, close: string])[] = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
  ['{x | ', '}'],
  ['f(', ')'],
  ['$"{', '}"'],
];

/** The conformance cases where they are at hand, and one of our own. */
function startingTexts(): string[] {
  const cases = ['v0.json', 'v1.json'].flatMap((name) => {
    const path = join(CASES, name);
    if (!existsSync(path)) return [];
    return (JSON.parse(readFileSync(path, 'utf8')) as { modules?: string[] }[]).flatMap(
      ({ modules }) => modules ?? [],
    );
  });
  return [OWN, ...cases.filter((text) => text.length < 4000)];
}

const OWN = `package a.b
import rego.v1
default allow := false
allow if { some x, y in input.l; x > 0; not deny[y]; every z in [1, y] { z != x } }
deny contains msg if { v := input.o[k]; msg := $"{k} is {v}"; count([w | w := v[_]]) < 3 } 
f(x, [y, _]) := {x: y, "k": {z | z := input.l[_]}} if x == y
else := null if walk(input, [_, x])
p[x].q contains y if { x := input.l[y] } with input.l as [1, 2]
`;

function mutate(texts: readonly string[], dice: Random): string {
  let text = texts[dice.below(texts.length)] ?? OWN;
  for (let times = 1 + dice.below(3); times > 0; times--) text = once(text, texts, dice);
  return text.slice(0, LONGEST);
}

function once(text: string, texts: readonly string[], dice: Random): string {
  const at = dice.below(text.length + 1);
  const end = Math.min(text.length, at + dice.below(40));
  const word = () => WORDS[dice.below(WORDS.length)] ?? '';
  switch (dice.below(9)) {
    case 0:
      return text.slice(0, at) + text.slice(end);
    case 1:
      return `${text.slice(0, at)}${word()} ${text.slice(at)}`;
    case 2:
      return text.slice(0, at) + word() + text.slice(end);
    case 3: {
      const other = texts[dice.below(texts.length)] ?? '';
      const from = dice.below(other.length + 1);
      return text.slice(0, at) + other.slice(from, from + dice.below(200)) + text.slice(at);
    }
    case 4:
      return text.slice(0, end) + text.slice(at);
    case 5:
      return (
        text.slice(0, at) +
        String.fromCharCode(dice.below(dice.below(2) === 0 ? 128 : 65_536)) +
        text.slice(at)
      );
    case 6: {
      const [open, close] = BRACKETS[dice.below(BRACKETS.length)] ?? ['(', ')'];
      const depth = 1 + dice.below(dice.below(10) === 0 ? 400 : 4);
      return (
        text.slice(0, at) + open.repeat(depth) + text.slice(at, end) + close.repeat(depth) + text.slice(end)
      );
    }
    case 7: {
      const lines = text.split('\n');
      const [i, j] = [dice.below(lines.length), dice.below(lines.length)];
      [lines[i], lines[j]] = [lines[j] ?? '', lines[i] ?? ''];
      return lines.join('\n');
    }
    default:
      return text.slice(0, at) + text.slice(at, end).repeat(1 + dice.below(30)) + text.slice(end);
  }
}

const INPUTS: readonly Value[] = [
  {},
  { l: [1, 2, 3, 'a', null], o: { a: [1], b: { c: 'd' }, '': [] }, s: 'text', n: 1.5, user: 'alice' },
  { foo: 'bar', x: [[1, [2, [3]]]], action: 'repo.push', args: { force: true } },
];

function evaluate(modules: readonly Module[], input: Value, traced: boolean): string {
  const program = new Program(modules, { traced });
  if (program.faults[0] !== undefined) throw program.faults[0];
  const machine = new Machine(
    input,
    { a: { c: [1, 2] } },
    {
      budget: BUDGET,
      strict: true,
      tracer: traced ? new Tracer() : undefined,
    },
  );
  const [first] = modules;
  let found = 'undefined';
  program.query(
    `x = data.${(first?.package ?? []).map((name) => (/^\w+$/.test(name) ? name : 'a')).join('.')}`,
  )(machine, (bindings) => {
    found = termText(bindings.get('x') ?? null);
    return true;
  });
  return found;
}

function wrongError(error: unknown, text: string): string | undefined {
  // Stacks are finite: the product tells it as a text that nests too deeply.
  if (error instanceof RangeError && error.message.includes('call stack')) return undefined;
  if (!(error instanceof RegoError))
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const { start, file } = error.at;
  if (start < 0 || start > file.text.length) return `a fault outside the text: ${error.message} at ${start}`;
  return file.text === text || file.path !== 'p.rego' ? undefined : 'a fault in another text';
}

function examine(text: string, input: Value, tally: Tally): string | undefined {
  const module = parseModule({ path: 'p.rego', text });
  tally('parsed');
  const laidOut = formatPolicy({ path: 'p.rego', text });
  if ('text' in laidOut) {
    const again = formatPolicy({ path: 'p.rego', text: laidOut.text });
    if (!('text' in again) || again.text !== laidOut.text) return 'a layout that is not settled at once';
  } else return `a text that parses and can't be laid out: ${laidOut.problem.message}`;
  const program = new Program([module]);
  for (const fault of program.faults)
    if (wrongError(fault, text) !== undefined) return wrongError(fault, text);
  if (program.faults.length > 0) return undefined;
  tally('compiled');
  const outcomes = [false, true].map((traced) => {
    try {
      return evaluate([module], input, traced);
    } catch (error) {
      const wrong = wrongError(error, text);
      if (wrong !== undefined) return `wrong: ${wrong}`;
      return error instanceof RegoError ? error.code : 'too deep';
    }
  });
  tally('evaluated');
  const [plain = '', traced = ''] = outcomes;
  if (plain.startsWith('wrong: ')) return plain;
  if (traced.startsWith('wrong: ')) return traced;
  if (plain.startsWith('eval_')) tally('ended with a fault');
  // Budgets end where the machine is at the time.
  if (plain === traced || outcomes.includes('eval_budget_error') || outcomes.includes('too deep'))
    return undefined;
  return UNSTEADY.test(text)
    ? undefined
    : `a trace changes the result: ${plain.slice(0, 200)} and ${traced.slice(0, 200)}`;
}

export const rego: Target = {
  name: 'rego',
  corpus: 'test/policy/corpus',
  ending: 'rego',
  encoding: 'utf8',
  // for reading, compiling three times, laying out twice and evaluating twice
  most: 3000,
  seeds: startingTexts,
  mutate,
  examine: (text, tally) => {
    try {
      // the same text meets the same input: what is kept is wrong again
      return examine(text, INPUTS[text.length % INPUTS.length] ?? {}, tally);
    } catch (error) {
      return wrongError(error, text);
    }
  },
};
