import type { Tree } from '../tree.ts';
import { runCommand } from './built-in.ts';
import { holds } from './condition.ts';
import { expandDelayed, expandLoops, withoutCarets } from './expand.ts';
import { rowsOf } from './for.ts';
import { filesOf, Stopped, type Streams, unquoted } from './host.ts';
import { KIND } from './kinds.ts';
import type { BatchMachine } from './machine.ts';
import { parseBatch } from './parser.ts';

/** Runs what one line holds, parsed. */
export class Statement {
  readonly #machine: BatchMachine;
  readonly #text: string;
  readonly #tree: Tree;

  constructor(machine: BatchMachine, text: string, tree: Tree) {
    this.#machine = machine;
    this.#text = text;
    this.#tree = tree;
  }

  async chain(node: number, streams: Streams, loops: ReadonlyMap<string, string>): Promise<void> {
    const children = [...this.#tree.children(node)];
    // Pipes bind closest, then && and ||, then &.
    let at = 0;
    let skip = false;
    while (at < children.length) {
      const stages: number[] = [];
      for (;;) {
        const one = children[at];
        if (one !== undefined) stages.push(one);
        at += 1;
        if (this.#operator(children[at]) !== '|') break;
        at += 1;
      }
      if (!skip) await this.#pipe(stages, streams, loops);
      const operator = this.#operator(children[at]);
      at += 1;
      if (operator === '&&') skip = skip || this.#machine.status !== 0;
      else if (operator === '||') skip = skip ? this.#machine.status === 0 : this.#machine.status === 0;
      else skip = false;
    }
  }

  #operator(node: number | undefined): string {
    if (node === undefined || this.#tree.kind(node) !== KIND.operator) return '';
    return this.#text.slice(this.#tree.start(node), this.#tree.end(node));
  }

  async #pipe(
    stages: readonly number[],
    streams: Streams,
    loops: ReadonlyMap<string, string>,
  ): Promise<void> {
    let { input } = streams;
    for (const [index, stage] of stages.entries()) {
      if (index === stages.length - 1) {
        await this.#one(stage, { ...streams, input }, loops);
        return;
      }
      const made = new Collected();
      await this.#one(stage, { ...streams, input, output: (text) => made.add(text) }, loops);
      input = made.text;
    }
  }

  async #one(node: number, streams: Streams, loops: ReadonlyMap<string, string>): Promise<void> {
    await this.#machine.step();
    switch (this.#tree.kind(node)) {
      case KIND.command:
        return await this.#command(node, streams, loops);
      case KIND.group:
        return await this.#group(node, streams, loops);
      case KIND.if:
        return await this.#if(node, streams, loops);
      case KIND.for:
        return await this.#for(node, streams, loops);
      default:
        return;
    }
  }

  async #group(node: number, given: Streams, loops: ReadonlyMap<string, string>): Promise<void> {
    const redirected = this.#redirected(node, given, loops);
    for (const child of this.#tree.children(node)) {
      if (this.#tree.kind(child) === KIND.chain) await this.chain(child, redirected.streams, loops);
    }
    redirected.close();
  }

  async #if(node: number, streams: Streams, loops: ReadonlyMap<string, string>): Promise<void> {
    const [condition, yes, no] = [...this.#tree.children(node)];
    if (condition === undefined || yes === undefined) return;
    const text = this.#filled(condition, loops);
    if (holds(text, this.#machine)) await this.#branch(yes, streams, loops);
    else if (no !== undefined) {
      for (const child of this.#tree.children(no)) await this.#branch(child, streams, loops);
    }
  }

  async #branch(node: number, streams: Streams, loops: ReadonlyMap<string, string>): Promise<void> {
    if (this.#tree.kind(node) === KIND.chain) await this.chain(node, streams, loops);
    else await this.#one(node, streams, loops);
  }

  async #for(node: number, streams: Streams, loops: ReadonlyMap<string, string>): Promise<void> {
    let options = '';
    let variable = '';
    let set = '';
    let body: number | undefined;
    for (const child of this.#tree.children(node)) {
      const kind = this.#tree.kind(child);
      if (kind === KIND.options) options = this.#filled(child, loops);
      else if (kind === KIND.variable)
        variable = this.#text.slice(this.#tree.start(child), this.#tree.end(child)).replace(/^%+/, '');
      else if (kind === KIND.set) set = this.#filled(child, loops).slice(1, -1);
      else body = child;
    }
    if (body === undefined) return;
    const run = async (line: string): Promise<string> => await this.#captured(line, streams);
    for await (const row of rowsOf({ options, set, variable, run }, this.#machine)) {
      await this.#machine.step();
      await this.#branch(body, streams, new Map([...loops, ...row]));
    }
  }

  /** What a line prints: of `for /f … in ('command')`. */
  async #captured(line: string, streams: Streams): Promise<string> {
    const { tree, diagnostics } = parseBatch(line);
    if (diagnostics.errors > 0) throw new Stopped(`for /f: ${diagnostics.list[0]?.message ?? 'unreadable'}`);
    const made = new Collected();
    const inner = new Statement(this.#machine, line, tree);
    for (const root of tree.roots())
      await inner.chain(root, { ...streams, output: (text) => made.add(text) }, new Map());
    return made.text;
  }

  async #command(node: number, given: Streams, loops: ReadonlyMap<string, string>): Promise<void> {
    const redirected = this.#redirected(node, given, loops);
    const text = this.#withoutRedirections(node, loops);
    await runCommand({ machine: this.#machine, text, streams: redirected.streams });
    redirected.close();
  }

  /** A node's text as a command sees it. */
  #filled(node: number, loops: ReadonlyMap<string, string>): string {
    return this.#fill(this.#text.slice(this.#tree.start(node), this.#tree.end(node)), loops);
  }

  #fill(raw: string, loops: ReadonlyMap<string, string>): string {
    const text = expandLoops(withoutCarets(raw), loops);
    return this.#machine.delayed ? expandDelayed(text, (name) => this.#machine.variable(name)) : text;
  }

  #withoutRedirections(node: number, loops: ReadonlyMap<string, string>): string {
    const parts: string[] = [];
    let at = this.#tree.start(node);
    for (const child of this.#tree.children(node)) {
      if (this.#tree.kind(child) !== KIND.redirection) continue;
      parts.push(this.#text.slice(at, this.#tree.start(child)));
      at = this.#tree.end(child);
    }
    parts.push(this.#text.slice(at, this.#tree.end(node)));
    return this.#fill(parts.join(''), loops);
  }

  #redirected(
    node: number,
    given: Streams,
    loops: ReadonlyMap<string, string>,
  ): { readonly streams: Streams; readonly close: () => void } {
    let streams = given;
    const writes: (() => void)[] = [];
    for (const child of this.#tree.children(node)) {
      if (this.#tree.kind(child) !== KIND.redirection) continue;
      const said = /^([0-9]?)(<|>>?)(?:&([0-9])|[\s,;=]*([\s\S]*))$/.exec(this.#filled(child, loops));
      if (said === null) continue;
      const [, handle, sign, copied, target = ''] = said;
      if (sign === '<') {
        streams = { ...streams, input: filesOf(this.#machine.host).read(unquoted(target)) };
        continue;
      }
      const name = handle === '2' ? 'error' : 'output';
      if (copied !== undefined)
        streams = { ...streams, [name]: copied === '2' ? streams.error : streams.output };
      else if (/^nul$/i.test(unquoted(target))) streams = { ...streams, [name]: () => undefined };
      else {
        const made = new Collected();
        streams = { ...streams, [name]: (text: string) => made.add(text) };
        writes.push(() => filesOf(this.#machine.host).write(unquoted(target), made.text, sign === '>>'));
      }
    }
    return {
      streams,
      close: () => {
        for (const write of writes) write();
      },
    };
  }
}

/** Text that is kept, to a bound. */
class Collected {
  readonly #parts: string[] = [];
  #size = 0;

  add(text: string): void {
    this.#size += text.length;
    if (this.#size > 16 * 1024 * 1024) throw new Stopped('too much output to keep');
    this.#parts.push(text);
  }

  get text(): string {
    return this.#parts.join('');
  }
}
