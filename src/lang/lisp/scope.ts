import { Alias, fail, Name, UNASSIGNED, type Value } from './data.ts';
import type { Macro } from './macro.ts';

export type Identifier = Name | Alias;

/** What an identifier means where a program is compiled. */
export type Meaning =
  | { readonly kind: 'local'; readonly depth: number; readonly index: number }
  | { readonly kind: 'global'; readonly cell: Cell }
  | { readonly kind: 'form'; readonly form: string }
  | { readonly kind: 'macro'; readonly macro: Macro };

/** A variable of the top level. */
export interface Cell {
  readonly name: string;
  value: Value;
}

type Binding =
  | { readonly kind: 'variable'; readonly frame: Frame; readonly index: number }
  | { readonly kind: 'form'; readonly form: string }
  | { readonly kind: 'macro'; readonly macro: Macro };

/** The variables of one call, at compile time: how many slots its environment has. */
export class Frame {
  readonly outer: Frame | undefined;
  readonly depth: number;
  slots = 0;

  constructor(outer: Frame | undefined) {
    this.outer = outer;
    this.depth = outer === undefined ? 0 : outer.depth + 1;
  }
}

export class Globals {
  readonly cells = new Map<Name, Cell>();
  readonly syntax = new Map<Name, Binding>();
  /** Forms that macros have made of this program. */
  made = 0;

  cell(name: Name): Cell {
    let cell = this.cells.get(name);
    if (cell === undefined) {
      cell = { name: name.text, value: UNASSIGNED };
      this.cells.set(name, cell);
    }
    return cell;
  }

  /** A special form's name. */
  form(name: string): void {
    this.syntax.set(Name.of(name), { kind: 'form', form: name });
  }

  define(name: string, value: Value): void {
    this.cell(Name.of(name)).value = value;
  }
}

/** Bindings of one region of a program. */
export class Scope {
  readonly #bindings = new Map<Identifier, Binding>();
  readonly outer: Scope | undefined;
  readonly frame: Frame | undefined;
  readonly globals: Globals;

  constructor(globals: Globals, outer?: Scope, frame?: Frame) {
    this.globals = globals;
    this.outer = outer;
    this.frame = frame ?? outer?.frame;
  }

  /** Nothing but the top level is around it. */
  get top(): boolean {
    return this.frame === undefined && this.outer === undefined;
  }

  /** A new variable of this region's frame; its slot. */
  variable(identifier: Identifier): number {
    const { frame } = this;
    if (frame === undefined) return fail('no variable here', identifier);
    const index = frame.slots;
    frame.slots += 1;
    this.#bindings.set(identifier, { kind: 'variable', frame, index });
    return index;
  }

  bindsHere(identifier: Identifier): boolean {
    return this.#bindings.has(identifier);
  }

  macro(identifier: Identifier, macro: Macro): void {
    if (this.top) this.globals.syntax.set(baseName(identifier), { kind: 'macro', macro });
    else this.#bindings.set(identifier, { kind: 'macro', macro });
  }

  look(identifier: Identifier, from: Frame | undefined = this.frame): Meaning {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.outer) {
      const binding = scope.#bindings.get(identifier);
      if (binding !== undefined) return meaning(binding, from);
    }
    // Not bound as it stands here: what it meant where its macro was defined.
    if (identifier instanceof Alias) return (identifier.scope as Scope).look(identifier.of, from);
    const syntax = this.globals.syntax.get(identifier);
    if (syntax !== undefined) return meaning(syntax, from);
    return { kind: 'global', cell: this.globals.cell(identifier) };
  }
}

function meaning(binding: Binding, from: Frame | undefined): Meaning {
  if (binding.kind !== 'variable') return binding;
  return { kind: 'local', depth: (from?.depth ?? 0) - binding.frame.depth, index: binding.index };
}

export function isIdentifier(value: Value | undefined): value is Identifier {
  return value instanceof Name || value instanceof Alias;
}

export function baseName(identifier: Identifier): Name {
  let name = identifier;
  while (name instanceof Alias) name = name.of;
  return name;
}

/** Two identifiers mean the same thing (R7RS §4.3.2, of literals). */
export function sameMeaning(a: Meaning, b: Meaning): boolean {
  if (a.kind === 'global') return b.kind === 'global' && a.cell === b.cell;
  if (a.kind === 'form') return b.kind === 'form' && a.form === b.form;
  if (a.kind === 'macro') return b.kind === 'macro' && a.macro === b.macro;
  return b.kind === 'local' && a.depth === b.depth && a.index === b.index;
}
