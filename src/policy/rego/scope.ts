import type { Body } from './ast.ts';
import type { Callable, Step } from './machine.ts';
import type { TreeNode } from './tree.ts';

/** What compiled code is linked against. */
export interface Linker {
  readonly root: TreeNode;
  /** Compile for a run with a tracer: every literal reports. */
  readonly traced: boolean;
  builtin(name: string): Callable | undefined;
  /** A builtin of many results (`walk`), which bodies iterate. */
  relation(name: string): boolean;
  /** Compiles a body; terms have bodies in them, and bodies terms. */
  body(body: Body, scope: Scope, linker: Linker, k: () => Step): Step;
}

/** Slots of one rule: numbered as its parts are compiled. */
export class Frame {
  private readonly slots = new Map<string, number>();
  size = 1;

  slot(name: string): number {
    let slot = this.slots.get(name);
    if (slot === undefined) {
      slot = this.size++;
      this.slots.set(name, slot);
    }
    return slot;
  }

  temporary(): number {
    return this.size++;
  }
}

/** Variables bound where code is being compiled; grows as literals are compiled in order. */
export class Scope {
  readonly frame: Frame;
  readonly bound: Set<string>;
  readonly visible: ReadonlySet<string>;

  constructor(frame: Frame, bound: Iterable<string> = [], visible: ReadonlySet<string> = new Set()) {
    this.frame = frame;
    this.bound = new Set(bound);
    this.visible = visible;
  }

  inner(): Scope {
    return new Scope(this.frame, this.bound, new Set([...this.bound, ...this.visible]));
  }
}
