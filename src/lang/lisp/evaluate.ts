import { type Diagnostics, Lines } from '../diagnostic.ts';
import { Compiler } from './compile.ts';
import { Then } from './continuing.ts';
import { CONTROLS } from './control.ts';
import { condition, NIL, OutputText, Raised, UNSPECIFIED, type Value } from './data.ts';
import { Exited, Stopped, Uncaught } from './endings.ts';
import { FORMS } from './forms.ts';
import { dataOf } from './from-tree.ts';
import { KIND } from './kinds.ts';
import { Code, type Host, Machine } from './machine.ts';
import { COMMANDS } from './primitives/commands.ts';
import { LISTS } from './primitives/lists.ts';
import { NUMBERS } from './primitives/numbers.ts';
import { TEXTS } from './primitives/texts.ts';
import { VECTORS } from './primitives/vectors.ts';
import { WORLD } from './primitives/world.ts';
import { describe, print } from './print.ts';
import { Control, Primitive } from './procedures.ts';
import { readLisp } from './reader.ts';
import { Globals } from './scope.ts';

export interface Limits {
  /** Steps of the machine; work on much data counts by its size. */
  readonly fuel: number;
  readonly signal?: AbortSignal;
}

/** How a program ended. */
export type Evaluation =
  | { readonly ended: 'value'; readonly value: Value; readonly shown: string }
  /** By `exit`. */
  | { readonly ended: 'exit'; readonly status: number }
  /** By its own error, or one of ours in it; `line` and `column` of the form of the top level. */
  | { readonly ended: 'error'; readonly message: string; readonly line: number; readonly column: number }
  /** It ran out of fuel, or was told to end. */
  | { readonly ended: 'stopped'; readonly message: string; readonly line: number; readonly column: number }
  | { readonly ended: 'unread'; readonly diagnostics: Diagnostics };

/**
 * Runs a Scheme program: R7RS's core with `syntax-rules`, tail calls and continuations, exact integers and fractions of
 * any size that fits, no complex numbers, no files. The world outside is `host`. Never throws.
 */
export async function evaluate(text: string, host: Host, limits: Limits): Promise<Evaluation> {
  const { tree, diagnostics } = readLisp(text, 'scheme');
  if (diagnostics.errors > 0) return { ended: 'unread', diagnostics };
  const lines = new Lines(text);
  const output = new OutputText((given) => host.write(given));
  const machine = new Machine(host, limits.fuel, output);
  const compiler = new Compiler(standard(), FORMS);
  let at = 0;
  try {
    const forms = dataOf(text, tree);
    const starts = [...tree.roots()]
      .filter((node) => tree.kind(node) !== KIND.datumComment)
      .map((node) => tree.start(node));
    const program = new Program(compiler, forms, (index) => {
      at = starts[index] ?? at;
    });
    const value = await machine.execute(program, { values: [], outer: undefined }, limits.signal);
    return { ended: 'value', value, shown: print(value, true) };
  } catch (error) {
    const where = lines.at(at);
    if (error instanceof Exited) return { ended: 'exit', status: error.status };
    if (error instanceof Stopped) return { ended: 'stopped', message: error.message, ...where };
    if (error instanceof Uncaught) return { ended: 'error', message: error.message, ...where };
    if (error instanceof Raised) return { ended: 'error', message: describe(error.payload), ...where };
    // Deep recursion of the compiler on a hostile program.
    if (error instanceof RangeError) {
      const told = describe(condition(`too large: ${error.message}`));
      return { ended: 'error', message: told, ...where };
    }
    throw error;
  }
}

/** One form after another; what a continuation of the top level goes on with is the rest of them. */
class Program extends Code {
  readonly #compiler: Compiler;
  readonly #forms: readonly Value[];
  readonly #reached: (index: number) => void;

  constructor(compiler: Compiler, forms: readonly Value[], reached: (index: number) => void) {
    super();
    this.#compiler = compiler;
    this.#forms = forms;
    this.#reached = reached;
  }

  run(machine: Machine): void {
    this.#from(0, machine);
  }

  #from(index: number, machine: Machine): void {
    const form = this.#forms[index];
    if (form === undefined) return;
    this.#reached(index);
    if (index < this.#forms.length - 1) machine.push(new Then((_, again) => this.#from(index + 1, again)));
    machine.environment = { values: [], outer: undefined };
    machine.next = this.#compiler.program(form);
  }
}

/** The names a program begins with. */
export function standard(): Globals {
  const globals = new Globals();
  const compiler = new Compiler(globals, FORMS);
  globals.define(
    'eval',
    new Control('eval', [1, 2], ([form = NIL], machine) => {
      machine.environment = { values: [], outer: undefined };
      machine.next = compiler.program(form);
    }),
  );
  globals.define('environment', new Primitive('environment', [0, Infinity], () => UNSPECIFIED));
  for (const one of [...NUMBERS, ...LISTS, ...TEXTS, ...VECTORS, ...CONTROLS, ...WORLD, ...COMMANDS])
    globals.define(one.title, one);
  for (const form of [...Object.keys(FORMS), 'else', '=>', 'unquote', 'unquote-splicing', 'syntax-rules'])
    globals.form(form);
  return globals;
}
