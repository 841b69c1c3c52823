/** Regular expressions in time linear in the text: every thread of the program goes forward together (Pike). */
import { isWord, parseRegex } from './regex-parse.ts';
import type { Instruction } from './regex-program.ts';

/** Start and end of the match and of each group, in UTF-16 units; -1 where a group took no part. */
export type Groups = readonly number[];

interface Thread {
  readonly at: number;
  readonly saved: readonly number[];
}

const MOST_KEPT = 256;
const kept = new Map<string, Regex>();

export class Regex {
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
  private readonly program: readonly Instruction[];

  private constructor(pattern: string) {
    const { program, groups, names } = parseRegex(pattern);
    this.program = program;
    this.groups = groups;
    this.names = names;
  }

  /** @throws RegexError */
  static compile(pattern: string): Regex {
    let regex = kept.get(pattern);
    if (regex === undefined) {
      regex = new Regex(pattern);
      if (kept.size >= MOST_KEPT) kept.clear();
      kept.set(pattern, regex);
    }
    return regex;
  }

  /** The leftmost match at or after `from`, by the priorities Perl and RE2 share. `pay` is charged per step. */
  find(text: string, from: number, pay: (cost: number) => void): Groups | undefined {
    let threads: Thread[] = [];
    let best: readonly number[] | undefined;
    for (let at = from; at <= text.length; ) {
      const seen = new Set(threads.map((thread) => thread.at));
      if (best === undefined) this.follow(0, [], text, at, seen, threads);
      if (threads.length === 0 && best !== undefined) break;
      pay(1 + threads.length);
      const code = text.codePointAt(at);
      const width = code !== undefined && code > 0xffff ? 2 : 1;
      const next: Thread[] = [];
      const entered = new Set<number>();
      for (const thread of threads) {
        const step = this.program[thread.at];
        if (step?.op === 'match') {
          best = thread.saved;
          break;
        }
        if (step?.op === 'char' && code !== undefined && step.test(code)) {
          this.follow(step.next, thread.saved, text, at + width, entered, next);
        }
      }
      threads = next;
      at += width;
    }
    if (best === undefined) return undefined;
    return Array.from({ length: this.groups * 2 }, (_, i) => best?.[i] ?? -1);
  }

  /** Adds the character tests reachable from `start` without reading, in order of preference. */
  private follow(
    start: number,
    saved: readonly number[],
    text: string,
    position: number,
    seen: Set<number>,
    into: Thread[],
  ): void {
    const stack: Thread[] = [{ at: start, saved }];
    for (let thread = stack.pop(); thread !== undefined; thread = stack.pop()) {
      if (seen.has(thread.at)) continue;
      seen.add(thread.at);
      const step = this.program[thread.at] as Instruction;
      if (step.op === 'split') {
        stack.push({ at: step.second, saved: thread.saved }, { at: step.first, saved: thread.saved });
      } else if (step.op === 'save') {
        const copy = [...thread.saved];
        copy[step.slot] = position;
        stack.push({ at: step.next, saved: copy });
      } else if (step.op === 'assert') {
        if (holds(step.what, text, position)) stack.push({ at: step.next, saved: thread.saved });
      } else into.push(thread);
    }
  }

  test(text: string, pay: (cost: number) => void): boolean {
    return this.find(text, 0, pay) !== undefined;
  }

  /** Matches that don't overlap, at most `most`; an empty one directly after a match doesn't count. */
  findAll(text: string, most: number, pay: (cost: number) => void): Groups[] {
    const found: Groups[] = [];
    let lastEnd = -1;
    for (let from = 0; from <= text.length && found.length < most; ) {
      const match = this.find(text, from, pay);
      if (match === undefined) break;
      const [start, end] = match as readonly [number, number];
      if (start !== end || end !== lastEnd) found.push(match);
      lastEnd = end;
      if (end > from) from = end;
      if (start === end) from = end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
    }
    return found;
  }
}

function holds(what: string, text: string, at: number): boolean {
  switch (what) {
    case 'start':
      return at === 0;
    case 'end':
      return at === text.length;
    case 'line-start':
      return at === 0 || text[at - 1] === '\n';
    case 'line-end':
      return at === text.length || text[at] === '\n';
    default: {
      const before = at > 0 && isWord(text.charCodeAt(at - 1));
      const after = at < text.length && isWord(text.charCodeAt(at));
      return (before !== after) === (what === 'word');
    }
  }
}
