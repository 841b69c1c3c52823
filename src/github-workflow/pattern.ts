/**
 * GitHub's filter patterns, for branches, tags and paths: `*` is anything but `/`, `**` anything, `?` and `+` repeat
 * the character before them, `[]` is one of a set, `\` takes away a meaning. Matched in time of pattern times text,
 * without a regular expression, for patterns are as untrusted as the rest of a workflow.
 */
type Instruction =
  | { readonly kind: 'take'; readonly accepts: (character: string) => boolean }
  | { readonly kind: 'fork'; readonly to: readonly number[] };

const any = (): boolean => true;
const noSlash = (character: string): boolean => character !== '/';
const slash = (character: string): boolean => character === '/';

/**
 * Instructions of a machine that is in many of them at once; past the last one it has matched. In a glob of `files`
 * `?` is one character and `+` itself.
 */
function compile(pattern: string, files: boolean): readonly Instruction[] {
  const program: Instruction[] = [];
  let at = 0;
  const take = (accepts: (character: string) => boolean) => program.push({ kind: 'take', accepts });
  const fork = (...to: number[]) => program.push({ kind: 'fork', to });
  const loop = (accepts: (character: string) => boolean) => {
    const start = program.length;
    fork(start + 1, start + 3);
    take(accepts);
    fork(start);
  };
  while (at < pattern.length) {
    if (pattern.startsWith('**/', at) && (at === 0 || pattern[at - 1] === '/')) {
      // any number of directories, also none
      fork(program.length + 1, program.length + 5);
      loop(any);
      take(slash);
      at += 3;
    } else if (pattern.startsWith('**', at)) {
      loop(any);
      at += 2;
    } else if (pattern[at] === '*') {
      loop(noSlash);
      at += 1;
    } else if (files && pattern[at] === '?') {
      take(noSlash);
      at += 1;
    } else {
      const [accepts, next] = single(pattern, at);
      if (files) {
        take(accepts);
        at = next;
        continue;
      }
      const start = program.length;
      if (pattern[next] === '?') fork(start + 1, start + 2);
      take(accepts);
      if (pattern[next] === '+') fork(start, start + 2);
      at = pattern[next] === '?' || pattern[next] === '+' ? next + 1 : next;
    }
  }
  return program;
}

/** One character of a pattern, and where the next one is. */
function single(pattern: string, at: number): [accepts: (character: string) => boolean, next: number] {
  const character = pattern[at] ?? '';
  if (character === '\\' && at + 1 < pattern.length) {
    const escaped = pattern[at + 1];
    return [(other) => other === escaped, at + 2];
  }
  const close = character === '[' ? pattern.indexOf(']', at + 1) : -1;
  if (close < 0) return [(other) => other === character, at + 1];
  const set = pattern.slice(at + 1, close);
  return [(other) => inSet(set, other), close + 1];
}

function inSet(set: string, character: string): boolean {
  for (let at = 0; at < set.length; at++) {
    const from = set[at] ?? '';
    const to = set[at + 1] === '-' ? set[at + 2] : undefined;
    if (character >= from && character <= (to ?? from)) return true;
    if (to !== undefined) at += 2;
  }
  return false;
}

/** Every instruction that takes a character, reached from these without taking one. */
function reached(program: readonly Instruction[], from: readonly number[]): Set<number> {
  const all = new Set<number>();
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (all.has(at)) continue;
    all.add(at);
    const instruction = program[at];
    if (instruction?.kind === 'fork') open.push(...instruction.to);
  }
  return all;
}

/** Whether one pattern, without a `!`, matches the whole of a text. */
export function matchesPattern(pattern: string, text: string): boolean {
  return matches(compile(pattern, false), text);
}

/** The same for a glob of files, as `hashFiles` and the artifact actions take them. */
export function matchesGlob(pattern: string, text: string): boolean {
  return matches(compile(pattern, true), text);
}

function matches(program: readonly Instruction[], text: string): boolean {
  let states = reached(program, [0]);
  for (const character of text) {
    const next: number[] = [];
    for (const state of states) {
      const instruction = program[state];
      if (instruction?.kind === 'take' && instruction.accepts(character)) next.push(state + 1);
    }
    if (next.length === 0) return false;
    states = reached(program, next);
  }
  return states.has(program.length);
}

/** Whether a list of patterns takes a text: the last one that matches decides, one with `!` takes it out. */
export function selects(patterns: readonly string[], text: string): boolean {
  let selected = false;
  for (const pattern of patterns) {
    const negative = pattern.startsWith('!');
    if (negative === selected && matchesPattern(negative ? pattern.slice(1) : pattern, text))
      selected = !negative;
  }
  return selected;
}
