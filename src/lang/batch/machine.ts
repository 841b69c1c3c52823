import { type Diagnostics, Lines } from '../diagnostic.ts';
import type { Tree } from '../tree.ts';
import { expandPercent } from './expand.ts';
import { type Host, Stopped, type Streams } from './host.ts';
import { KIND } from './kinds.ts';
import { parseBatch } from './parser.ts';
import { Statement } from './statement.ts';
import { Variables } from './variables.ts';

/** How a program ended. */
export type BatchEnd =
  | { readonly ended: 'exit'; readonly status: number }
  | { readonly ended: 'stopped'; readonly message: string; readonly line: number }
  | { readonly ended: 'unread'; readonly diagnostics: Diagnostics };

export interface BatchRequest {
  readonly text: string;
  /** `%0`. */
  readonly name: string;
  readonly args: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** Commands run. */
  readonly fuel: number;
  readonly signal?: AbortSignal;
}

const DEEPEST_CALL = 200;

/**
 * Runs the portable part of a batch program: variables, `if`, `for`, `goto`, `call`, redirection, pipes, and files below
 * the host's root. What only Windows has ends it with what and where. Never throws.
 */
export async function runBatch(request: BatchRequest, host: Host): Promise<BatchEnd> {
  const { tree, diagnostics } = parseBatch(request.text);
  if (diagnostics.errors > 0) return { ended: 'unread', diagnostics };
  const machine = new BatchMachine(request, host, tree);
  try {
    return { ended: 'exit', status: await machine.main() };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return { ended: 'stopped', message: error.message, line: machine.line };
  }
}

/** Where a program goes on that has been told to go elsewhere. */
class Jump extends Error {
  readonly target: number;

  constructor(target: number) {
    super('goto');
    this.target = target;
  }
}

/** `exit /b`, `goto :eof`: back to who called. */
class Return extends Error {}

/** `exit`: the whole program. */
class Leave extends Error {}

interface Saved {
  readonly variables: ReturnType<Variables['copy']>;
  readonly delayed: boolean;
}

interface Frame {
  readonly args: string[];
  /** `%*`: whatever is shifted. */
  readonly all: string;
  readonly saved: Saved[];
}

export class BatchMachine {
  readonly host: Host;
  readonly variables: Variables;
  readonly #text: string;
  readonly #tree: Tree;
  readonly #lines: Lines;
  readonly #labels = new Map<string, number>();
  readonly #roots: readonly number[];
  readonly #signal: AbortSignal | undefined;
  #fuel: number;
  #frame: Frame;
  #calls = 0;
  delayed = false;
  echo = true;
  status = 0;
  /** Of the command that runs. */
  line = 1;

  constructor(request: BatchRequest, host: Host, tree: Tree) {
    this.host = host;
    this.#text = request.text;
    this.#tree = tree;
    this.#lines = new Lines(request.text);
    this.#signal = request.signal;
    this.#fuel = request.fuel;
    this.variables = new Variables(request.variables);
    this.#frame = {
      args: [request.name, ...request.args],
      all: request.args.join(' '),
      saved: [],
    };
    this.#roots = [...tree.roots()];
    for (const [index, root] of this.#roots.entries()) {
      for (let node = root + 1; node < tree.after(root); node++) {
        if (tree.kind(node) !== KIND.label) continue;
        const name = labelName(request.text.slice(tree.start(node) + 1, tree.end(node)));
        if (!this.#labels.has(name)) this.#labels.set(name, index);
      }
    }
  }

  async main(): Promise<number> {
    try {
      await this.#from(0, streamsOf(this.host));
    } catch (error) {
      if (!(error instanceof Leave)) throw error;
    }
    return this.status;
  }

  /** Runs to the end, or to a return; a jump goes on at its label. */
  async #from(start: number, streams: Streams): Promise<void> {
    let index = start;
    for (;;) {
      const root = this.#roots[index];
      if (root === undefined) return;
      try {
        await this.#line(root, streams);
        index += 1;
      } catch (error) {
        if (error instanceof Return) return;
        if (!(error instanceof Jump)) throw error;
        index = error.target;
      }
    }
  }

  /** A line of the file, or a group over several: `%` first, then what that reads as. */
  async #line(root: number, streams: Streams): Promise<void> {
    const tree = this.#tree;
    this.line = this.#lines.at(tree.start(root)).line;
    const raw = this.#text.slice(tree.start(root), tree.end(root));
    if (tree.kind(root) === KIND.unread || tree.kind(root + 1) === KIND.label) return;
    const text = this.expand(raw);
    if (text === raw.replaceAll('%%', '%') && !raw.includes('%')) {
      await new Statement(this, this.#text, tree).chain(root, streams, new Map());
      return;
    }
    const again = parseBatch(text);
    if (again.diagnostics.errors > 0) {
      const [first] = again.diagnostics.list;
      throw new Stopped(`after expansion: ${first?.message ?? 'unreadable'}: ${text.trim().slice(0, 120)}`);
    }
    const statement = new Statement(this, text, again.tree);
    for (const one of again.tree.roots()) await statement.chain(one, streams, new Map());
  }

  /** Counts, and lets others at the machine. */
  async step(): Promise<void> {
    this.#fuel -= 1;
    if (this.#fuel < 0) throw new Stopped('out of fuel');
    if (this.#signal?.aborted === true) throw new Stopped('stopped');
    if (this.#fuel % 512 === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  variable(name: string): string | undefined {
    const own = this.variables.get(name);
    if (own !== undefined) return own;
    switch (name.toLowerCase()) {
      case 'errorlevel':
        return String(this.status);
      case 'cd':
        return this.host.files?.directory() ?? '.';
      default:
        return undefined;
    }
  }

  /** What stands between percent signs, replaced. */
  expand(text: string): string {
    return expandPercent(text, {
      variable: (name) => this.variable(name),
      argument: (which) => this.#argument(which),
    });
  }

  #argument(which: string): string {
    if (which === '*') return this.#frame.all;
    return this.#frame.args[Number(which)] ?? '';
  }

  goTo(label: string): never {
    const name = labelName(label);
    if (name === 'eof' && label.trimStart().startsWith(':')) throw new Return();
    const target = this.#labels.get(name);
    if (target === undefined) throw new Stopped(`there is no label ${name.slice(0, 40)}`);
    throw new Jump(target + 1);
  }

  /** `call :label args`. */
  async call(label: string, args: readonly string[], streams: Streams): Promise<void> {
    const target = this.#labels.get(labelName(label));
    if (labelName(label) === 'eof') return;
    if (target === undefined) {
      // a goto ends the program there, a call only fails
      streams.error(`The system cannot find the batch label specified - ${label.replace(/^[\s:]+/, '')}\n`);
      this.status = 1;
      return;
    }
    this.#calls += 1;
    if (this.#calls > DEEPEST_CALL) throw new Stopped('calls are nested too deep');
    const outer = this.#frame;
    const line = this.line;
    this.#frame = { args: [label, ...args], all: args.join(' '), saved: [] };
    try {
      await this.#from(target + 1, streams);
    } finally {
      while (this.#frame.saved.length > 0) this.endLocal();
      this.#frame = outer;
      this.#calls -= 1;
      this.line = line;
    }
  }

  /** `exit [/b]`. */
  exit(back: boolean): never {
    if (back && this.#calls > 0) throw new Return();
    throw back ? new Return() : new Leave();
  }

  shift(from: number): void {
    this.#frame.args.splice(from, 1);
  }

  setLocal(delayed: boolean | undefined): void {
    if (this.#frame.saved.length > 64) throw new Stopped('setlocal is nested too deep');
    this.#frame.saved.push({ variables: this.variables.copy(), delayed: this.delayed });
    if (delayed !== undefined) this.delayed = delayed;
  }

  endLocal(): void {
    const saved = this.#frame.saved.pop();
    if (saved === undefined) return;
    this.variables.restore(saved.variables);
    this.delayed = saved.delayed;
  }
}

function labelName(text: string): string {
  return (/^[\s:]*([^\s:+,;=&|<>()"]*)/.exec(text)?.[1] ?? '').toLowerCase();
}

function streamsOf(host: Host): Streams {
  return {
    input: '',
    output: (text) => host.write('stdout', text),
    error: (text) => host.write('stderr', text),
  };
}
