/** The program of a regular expression: what its threads do, one instruction after the other. */
export type Test = (code: number) => boolean;
export type Instruction =
  | { readonly op: 'char'; readonly test: Test; next: number }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'save'; readonly slot: number; next: number }
  | { readonly op: 'assert'; readonly what: Assertion; next: number }
  | { readonly op: 'match' };
export type Assertion = 'start' | 'end' | 'line-start' | 'line-end' | 'word' | 'not-word';

export type Tree =
  | { readonly kind: 'empty' }
  | { readonly kind: 'char'; readonly test: Test }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'group'; readonly slot: number; readonly inner: Tree }
  | { readonly kind: 'sequence' | 'choice'; readonly items: readonly Tree[] }
  | {
      readonly kind: 'repeat';
      readonly inner: Tree;
      readonly least: number;
      readonly most: number;
      readonly lazy: boolean;
    };

export class RegexError extends Error {}

const MOST_INSTRUCTIONS = 20_000;

export function emit(tree: Tree, program: Instruction[]): void {
  if (program.length > MOST_INSTRUCTIONS) throw new RegexError('expression is too large');
  const here = () => program.length;
  switch (tree.kind) {
    case 'empty':
      return;
    case 'char':
      program.push({ op: 'char', test: tree.test, next: here() + 1 });
      return;
    case 'assert':
      program.push({ op: 'assert', what: tree.what, next: here() + 1 });
      return;
    case 'group':
      program.push({ op: 'save', slot: tree.slot * 2, next: here() + 1 });
      emit(tree.inner, program);
      program.push({ op: 'save', slot: tree.slot * 2 + 1, next: here() + 1 });
      return;
    case 'sequence':
      for (const item of tree.items) emit(item, program);
      return;
    case 'choice': {
      const ends: { op: 'split'; first: number; second: number }[] = [];
      tree.items.forEach((item, i) => {
        const last = i === tree.items.length - 1;
        const split = { op: 'split' as const, first: here() + 1, second: 0 };
        if (!last) program.push(split);
        emit(item, program);
        if (!last) {
          const end = { op: 'split' as const, first: 0, second: 0 };
          program.push(end);
          ends.push(end);
          split.second = here();
        }
      });
      for (const end of ends) end.first = end.second = here();
      return;
    }
    case 'repeat': {
      for (let i = 0; i < tree.least; i++) {
        const before = here();
        emit(tree.inner, program);
        // Of nothing, once is as good as a thousand times, and a thousand times a thousand times.
        if (here() === before) return;
      }
      const optional = tree.most === Infinity ? 1 : tree.most - tree.least;
      const splits: { op: 'split'; first: number; second: number }[] = [];
      for (let i = 0; i < optional; i++) {
        const at = here();
        const split = { op: 'split' as const, first: at + 1, second: 0 };
        program.push(split);
        splits.push(split);
        emit(tree.inner, program);
        if (here() === at + 1) break;
        if (tree.most === Infinity) program.push({ op: 'split', first: at, second: at });
      }
      for (const split of splits) {
        split.second = here();
        if (tree.lazy) [split.first, split.second] = [split.second, split.first];
      }
    }
  }
}
