import { printable, shorten } from '../../kernel/text.ts';
import { Diagnostics } from '../diagnostic.ts';
import { Tree } from '../tree.ts';
import { parseCondition } from './condition.ts';
import { KIND } from './kinds.ts';
import { type Word, wordsOf } from './words.ts';

export interface Parsing {
  readonly tree: Tree;
  readonly diagnostics: Diagnostics;
}

/** `IF` within `IF`. */
const DEEPEST = 64;
const KEY = /^[A-Z][A-Z0-9_]{0,63}$/;
const NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

interface Open {
  readonly node: number;
  /** The branch that is open: the node of `ELSEIF` or `ELSE`, or none. */
  branch: number;
  hasElse: boolean;
  readonly start: number;
}

/**
 * Parses ALN: sections, `KEY: value`, conditions and dotted commands, one a line (docs/lang/aln.md). Never throws: a line
 * that can't be read is told and the next one is read. Time and memory are linear.
 */
export function parseAln(text: string): Parsing {
  return new Parser(text).parse();
}

class Parser {
  readonly #text: string;
  readonly #tree = new Tree();
  readonly #diagnostics = new Diagnostics();
  readonly #open: Open[] = [];
  #section = -1;
  #tooDeep = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Parsing {
    const text = this.#text;
    let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
    while (at < text.length) {
      let end = at;
      while (end < text.length) {
        const code = text.charCodeAt(end);
        if (code === 10 || code === 13) break;
        end += 1;
      }
      this.#line(at, end);
      at = end + (text.charCodeAt(end) === 13 && text.charCodeAt(end + 1) === 10 ? 2 : 1);
    }
    this.#close(text.length);
    return { tree: this.#tree, diagnostics: this.#diagnostics };
  }

  #line(from: number, to: number): void {
    const text = this.#text;
    let start = from;
    let end = to;
    while (start < end && blank(text.charCodeAt(start))) start += 1;
    while (end > start && blank(text.charCodeAt(end - 1))) end -= 1;
    if (start === end) return;
    const control = this.#control(start, end);
    if (control !== -1) {
      const shown = printable(text.charAt(control));
      this.#diagnostics.error('control-character', `a control character (${shown})`, control, control + 1);
      return;
    }
    const first = text.charCodeAt(start);
    if (first === 35) this.#tree.add(KIND.comment, start, end);
    else if (first === 91) this.#sectionLine(start, end);
    else if (text.startsWith('bit.', start)) this.#command(start, end);
    else if (first >= 65 && first <= 90) this.#capital(start, end);
    else
      this.#diagnostics.error(
        'unknown-line',
        `not KEY: value, a [SECTION], a bit. command, a condition or a # comment: ${quoted(text.slice(start, end))}`,
        start,
        end,
        'KEY: value',
      );
  }

  #capital(start: number, end: number): void {
    const text = this.#text;
    const word = /^[A-Z][A-Z0-9_]*/.exec(text.slice(start, Math.min(end, start + 80)))?.[0] ?? '';
    const after = text.charCodeAt(start + word.length);
    const alone = start + word.length === end || blank(after) || after === 35;
    if (alone && word === 'IF') this.#if(start, end);
    else if (alone && (word === 'ELSE' || word === 'ELSEIF')) this.#else(start, end, word);
    else if (alone && word === 'END') this.#end(start, end);
    else if (alone && word === 'STOP') this.#words(this.#tree.add(KIND.stop, start, end), start + 4, end);
    else this.#field(start, end);
  }

  #sectionLine(start: number, end: number): void {
    const text = this.#text;
    this.#closeBranches(start, 'a section');
    if (this.#section !== -1) this.#tree.close(this.#section, start);
    this.#section = this.#tree.add(KIND.section, start, end);
    const close = text.indexOf(']', start);
    if (close === -1 || close >= end) {
      this.#diagnostics.error('unclosed-section', 'a section has no closing ]', start, end, ']');
      return;
    }
    const rest = text.slice(close + 1, end).trim();
    if (rest !== '' && !rest.startsWith('#'))
      this.#diagnostics.error('after-section', 'nothing but a comment follows a section', close + 1, end);
    const name = /^\S*/.exec(text.slice(start + 1, close).trim())?.[0] ?? '';
    if (!NAME.test(name))
      this.#diagnostics.error(
        'section-name',
        `a section is named in capitals, as [RUN], not ${quoted(name)}`,
        start + 1,
        close,
        '[RUN label]',
      );
  }

  #field(start: number, end: number): void {
    const text = this.#text;
    const colon = text.indexOf(':', start);
    if (colon === -1 || colon >= end) {
      const said = quoted(text.slice(start, end));
      this.#diagnostics.error('no-colon', `not KEY: value: ${said}`, start, end, ':');
      return;
    }
    let keyEnd = colon;
    while (keyEnd > start && blank(text.charCodeAt(keyEnd - 1))) keyEnd -= 1;
    if (!KEY.test(text.slice(start, Math.min(keyEnd, start + 80)))) {
      const said = quoted(text.slice(start, keyEnd));
      this.#diagnostics.error(
        'bad-key',
        `a key is in capitals, digits and _, not ${said}`,
        start,
        keyEnd,
        'KEY',
      );
      return;
    }
    const node = this.#tree.add(KIND.field, start, end);
    this.#tree.add(KIND.key, start, keyEnd);
    let value = colon + 1;
    while (value < end && blank(text.charCodeAt(value))) value += 1;
    const last = this.#valueEnd(value, end);
    if (last === value) {
      const key = text.slice(start, keyEnd);
      this.#diagnostics.error('no-value', `${key} has no value`, value, value, 'a value');
    } else this.#tree.add(KIND.value, value, last);
    this.#tree.close(node, end);
  }

  /** Before a comment; in quotes, behind the closing one. */
  #valueEnd(start: number, end: number): number {
    const text = this.#text;
    if (text.charCodeAt(start) === 34) {
      let at = start + 1;
      while (at < end && text.charCodeAt(at) !== 34) at += text.charCodeAt(at) === 92 ? 2 : 1;
      if (at >= end) {
        this.#diagnostics.error('unclosed-string', 'a quoted value is never closed', start, start + 1, '"');
        return end;
      }
      const rest = text.slice(at + 1, end).trim();
      if (rest !== '' && !rest.startsWith('#'))
        this.#diagnostics.error('after-value', 'nothing but a comment follows a quoted value', at + 1, end);
      if (!isJsonString(text.slice(start, at + 1)))
        this.#diagnostics.error('bad-string', 'a quoted value is a JSON string', start, at + 1, '"…"');
      return at + 1;
    }
    if (text.charCodeAt(start) === 35) return start;
    for (let at = start + 1; at < end; at++) {
      if (text.charCodeAt(at) === 35 && blank(text.charCodeAt(at - 1))) {
        let last = at;
        while (last > start && blank(text.charCodeAt(last - 1))) last -= 1;
        return last;
      }
    }
    return end;
  }

  #command(start: number, end: number): void {
    const node = this.#tree.add(KIND.command, start, end);
    const words = this.#words(node, start, end);
    const [name] = words;
    if (name !== undefined && !/^bit(?:\.[a-z][a-z0-9-]*)+$/.test(this.#text.slice(name.start, name.end)))
      this.#diagnostics.error(
        'bad-command',
        `a command is bit. and its words with dots, not ${quoted(this.#text.slice(name.start, name.end))}`,
        name.start,
        name.end,
        'bit.branch.list',
      );
  }

  #words(node: number, start: number, end: number): readonly Word[] {
    const words = wordsOf(this.#text, start, end, this.#diagnostics);
    for (const word of words) this.#tree.add(KIND.word, word.start, word.end);
    this.#tree.close(node, end);
    return words;
  }

  #condition(start: number, end: number): void {
    this.#tree.add(KIND.condition, start, end);
    parseCondition(this.#text, start, end, this.#diagnostics);
  }

  #if(start: number, end: number): void {
    if (this.#open.length >= DEEPEST) {
      if (this.#tooDeep === 0)
        this.#diagnostics.error('too-deep', `IF nested more than ${DEEPEST} deep`, start, end);
      this.#tooDeep += 1;
      return;
    }
    const node = this.#tree.add(KIND.if, start, end);
    this.#open.push({ node, branch: -1, hasElse: false, start });
    this.#condition(start + 2, end);
  }

  #else(start: number, end: number, word: string): void {
    if (this.#tooDeep > 0) return;
    const open = this.#open.at(-1);
    if (open === undefined || open.hasElse) {
      this.#diagnostics.error(
        'lone-else',
        `${word} without an IF it belongs to`,
        start,
        end,
        open === undefined ? 'IF' : 'END',
      );
      return;
    }
    if (open.branch !== -1) this.#tree.close(open.branch, start);
    open.branch = this.#tree.add(word === 'ELSE' ? KIND.else : KIND.elseIf, start, end);
    open.hasElse = word === 'ELSE';
    if (word === 'ELSEIF') this.#condition(start + word.length, end);
  }

  #end(start: number, end: number): void {
    if (this.#tooDeep > 0) {
      this.#tooDeep -= 1;
      return;
    }
    const open = this.#open.pop();
    if (open === undefined) {
      this.#diagnostics.error('lone-end', 'END ends nothing', start, end, 'no END');
      return;
    }
    if (open.branch !== -1) this.#tree.close(open.branch, start);
    this.#tree.close(open.node, end);
  }

  #closeBranches(at: number, before: string): void {
    for (let open = this.#open.pop(); open !== undefined; open = this.#open.pop()) {
      this.#diagnostics.error(
        'unclosed-if',
        `IF has no END before ${before}`,
        open.start,
        open.start + 2,
        'END',
      );
      if (open.branch !== -1) this.#tree.close(open.branch, at);
      this.#tree.close(open.node, at);
    }
    this.#tooDeep = 0;
  }

  #close(at: number): void {
    this.#closeBranches(at, 'the end');
    if (this.#section !== -1) this.#tree.close(this.#section, at);
  }

  #control(start: number, end: number): number {
    for (let at = start; at < end; at++) {
      const code = this.#text.charCodeAt(at);
      if ((code < 32 && code !== 9) || code === 127) return at;
    }
    return -1;
  }
}

function blank(code: number): boolean {
  return code === 32 || code === 9;
}

function quoted(text: string): string {
  return `"${printable(shorten(text, 40))}"`;
}

function isJsonString(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'string';
  } catch {
    return false;
  }
}
