import { Diagnostics, Lines } from '../diagnostic.ts';
import type { Tree } from '../tree.ts';
import { holds, parseCondition } from './condition.ts';
import { KIND } from './kinds.ts';
import { parseAln } from './parser.ts';
import { valueText, wordText } from './words.ts';

export interface AlnHost {
  /** Runs a `bit` command by its words without `bit`; its exit status, and what it printed where that is kept. */
  bit(words: readonly string[]): Promise<number | { readonly status: number; readonly output: string }>;
}

export interface AlnRequest {
  readonly text: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Only the section `[RUN label]`; default all of them, in order. */
  readonly section?: string;
  readonly signal?: AbortSignal;
}

export type AlnEnd =
  | { readonly ended: 'done'; readonly commands: number }
  /** A command failed that nothing asked about, or `STOP`. */
  | { readonly ended: 'stopped'; readonly message: string; readonly line: number }
  | { readonly ended: 'unread'; readonly diagnostics: Diagnostics };

class Stop extends Error {
  readonly node: number;

  constructor(message: string, node: number) {
    super(message);
    this.node = node;
  }
}

/**
 * Runs a script: the fields of `[VARS]` are its variables unless they are given, the commands of `[RUN]` sections run one
 * after another. A command that fails ends it, unless the next line is a condition that asks `FAILED` or `SUCCEEDED`.
 * Nothing goes through a shell. Never throws.
 */
export async function runAln(request: AlnRequest, host: AlnHost): Promise<AlnEnd> {
  const { tree, diagnostics } = parseAln(request.text);
  if (diagnostics.errors > 0) return { ended: 'unread', diagnostics };
  const script = new Script(request, tree, host);
  try {
    await script.run();
    return { ended: 'done', commands: script.commands };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const { line } = new Lines(request.text).at(tree.start(error.node));
    return { ended: 'stopped', message: error.message, line };
  }
}

class Script {
  readonly #request: AlnRequest;
  readonly #text: string;
  readonly #tree: Tree;
  readonly #host: AlnHost;
  readonly #variables: Map<string, string>;
  #succeeded = true;
  commands = 0;

  constructor(request: AlnRequest, tree: Tree, host: AlnHost) {
    this.#request = request;
    this.#text = request.text;
    this.#tree = tree;
    this.#host = host;
    this.#variables = new Map();
    for (const section of this.#sections('VARS')) this.#declare(section);
    for (const [name, value] of Object.entries(request.variables)) this.#variables.set(name, value);
  }

  async run(): Promise<void> {
    const wanted = this.#request.section;
    for (const section of this.#sections('RUN')) {
      if (wanted === undefined || this.#label(section) === wanted)
        await this.#block([...this.#tree.children(section)]);
    }
  }

  *#sections(name: string): Generator<number> {
    for (const node of this.#tree.roots()) {
      if (this.#tree.kind(node) === KIND.section && this.#head(node).startsWith(name)) {
        const [word] = this.#head(node).split(/\s/);
        if (word === name) yield node;
      }
    }
  }

  #head(section: number): string {
    const start = this.#tree.start(section) + 1;
    return this.#text.slice(start, this.#text.indexOf(']', start)).trim();
  }

  #label(section: number): string {
    return this.#head(section).replace(/^\S+\s*/, '');
  }

  #declare(section: number): void {
    for (const field of this.#tree.children(section)) {
      if (this.#tree.kind(field) !== KIND.field) continue;
      const [key, value] = [...this.#tree.children(field)].map((node) => this.#said(node));
      if (key !== undefined && value !== undefined)
        this.#variables.set(
          key,
          valueText(value, (name) => this.#variables.get(name)),
        );
    }
  }

  #said(node: number): string {
    return this.#text.slice(this.#tree.start(node), this.#tree.end(node));
  }

  async #block(nodes: readonly number[]): Promise<void> {
    const statements = nodes.filter((node) => this.#tree.kind(node) !== KIND.comment);
    for (const [index, node] of statements.entries()) {
      const kind = this.#tree.kind(node);
      if (kind === KIND.command) await this.#command(node, statements[index + 1]);
      else if (kind === KIND.if) await this.#if(node);
      else if (kind === KIND.stop) {
        const why = [...this.#tree.children(node)].map((word) => this.#filled(word)).join(' ');
        throw new Stop(why === '' ? 'stopped' : why, node);
      } else if (kind === KIND.field) {
        const [key, value] = [...this.#tree.children(node)];
        if (key !== undefined && value !== undefined)
          this.#variables.set(
            this.#said(key),
            valueText(this.#said(value), (name) => this.#variables.get(name)),
          );
      }
    }
  }

  async #command(node: number, next: number | undefined): Promise<void> {
    if (this.#request.signal?.aborted === true) throw new Stop('interrupted', node);
    const [name = '', ...words] = [...this.#tree.children(node)].map((word) => this.#filled(word));
    this.commands += 1;
    const ended = await this.#host.bit([...name.split('.').slice(1), ...words]);
    const { status, output } = typeof ended === 'number' ? { status: ended, output: '' } : ended;
    this.#variables.set('STATUS', String(status));
    this.#variables.set('OUTPUT', output.trimEnd());
    this.#succeeded = status === 0;
    if (status !== 0 && !this.#asks(next)) throw new Stop(`${name} failed with ${status}`, node);
  }

  /** The next statement looks at how the command ended. */
  #asks(next: number | undefined): boolean {
    if (next === undefined || this.#tree.kind(next) !== KIND.if) return false;
    return /\b(?:FAILED|SUCCEEDED)\b|\$\{STATUS\}/.test(this.#said(next + 1));
  }

  async #if(node: number): Promise<void> {
    let taken = false;
    let run: number[] = [];
    for (const child of this.#tree.children(node)) {
      const kind = this.#tree.kind(child);
      if (kind === KIND.condition) taken = this.#holds(child);
      else if (kind === KIND.elseIf || kind === KIND.else) {
        if (taken) break;
        const [first, ...body] = [...this.#tree.children(child)];
        taken = kind === KIND.else || (first !== undefined && this.#holds(first));
        if (taken) {
          run = kind === KIND.else && first !== undefined ? [first, ...body] : body;
          break;
        }
      } else if (taken) run.push(child);
    }
    await this.#block(run);
  }

  #holds(node: number): boolean {
    const condition = parseCondition(
      this.#text,
      this.#tree.start(node),
      this.#tree.end(node),
      new Diagnostics(),
    );
    if (condition === undefined) return false;
    return holds(condition, { succeeded: this.#succeeded, variable: (name) => this.#variables.get(name) });
  }

  #filled(node: number): string {
    return wordText(this.#said(node), (name) => this.#variables.get(name));
  }
}
