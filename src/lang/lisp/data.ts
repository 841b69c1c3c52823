/**
 * Scheme data. Exact integers are bigints, inexact reals numbers, booleans booleans, vectors arrays, byte vectors
 * Uint8Arrays; the rest are classes here.
 */
export type Value =
  | bigint
  | number
  | boolean
  | Ratio
  | Name
  | Alias
  | Text
  | Character
  | Pair
  | Value[]
  | Uint8Array
  | Procedure
  | Delayed
  | RecordType
  | Instance
  | Values
  | Sole
  | InputText
  | OutputText;

/** A symbol, one of each name as long as anything holds it. */
export class Name {
  static readonly #all = new Map<string, WeakRef<Name>>();
  static readonly #gone = new FinalizationRegistry<string>((text) => {
    if (Name.#all.get(text)?.deref() === undefined) Name.#all.delete(text);
  });
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  static of(text: string): Name {
    const kept = Name.#all.get(text)?.deref();
    if (kept !== undefined) return kept;
    const name = new Name(text);
    Name.#all.set(text, new WeakRef(name));
    Name.#gone.register(name, text);
    return name;
  }
}

/**
 * An identifier that a macro brought into a program: it means what it meant where the macro was defined, unless the
 * program that came out binds it. `scope` is the macro's (`./scope.ts` knows its type).
 */
export class Alias {
  readonly of: Name | Alias;
  readonly scope: object;

  constructor(of: Name | Alias, scope: object) {
    this.of = of;
    this.scope = scope;
  }
}

/** An exact number that is no integer: in lowest terms, the denominator over 1. */
export class Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;

  constructor(numerator: bigint, denominator: bigint) {
    this.numerator = numerator;
    this.denominator = denominator;
  }
}

export class Text {
  value: string;
  readonly literal: boolean;

  constructor(value: string, literal = false) {
    this.value = value;
    this.literal = literal;
  }
}

export class Character {
  /** A Unicode scalar value. */
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

export class Pair {
  car: Value;
  cdr: Value;

  constructor(car: Value, cdr: Value) {
    this.car = car;
    this.cdr = cdr;
  }
}

/** What there is one of: the empty list, the end of a port, no value worth a name. */
export class Sole {
  readonly shown: string;

  constructor(shown: string) {
    this.shown = shown;
  }
}

export const NIL = new Sole('()');
export const EOF = new Sole('#!eof');
export const UNSPECIFIED = new Sole('');
/** Of a variable before its definition ran. */
export const UNASSIGNED = new Sole('#!unassigned');
export const DEFAULT = new Sole('#!default');

/** Several values where one place takes them; never stored. */
export class Values {
  readonly all: readonly Value[];

  constructor(all: readonly Value[]) {
    this.all = all;
  }
}

/** What can be called; the machine knows how. */
export abstract class Procedure {
  abstract readonly title: string;
}

export class Delayed {
  /** What `value` is: the value, or a procedure that gives it, or one that gives a promise of it. */
  state: { is: 'value' | 'thunk' | 'promise'; value: Value };

  constructor(is: 'value' | 'thunk' | 'promise', value: Value) {
    this.state = { is, value };
  }
}

export class RecordType {
  readonly title: string;
  readonly fields: readonly string[];

  constructor(title: string, fields: readonly string[]) {
    this.title = title;
    this.fields = fields;
  }
}

export class Instance {
  readonly type: RecordType;
  readonly values: Value[];

  constructor(type: RecordType, values: Value[]) {
    this.type = type;
    this.values = values;
  }
}

export class InputText {
  readonly text: string;
  at = 0;
  open = true;

  constructor(text: string) {
    this.text = text;
  }
}

export class OutputText {
  readonly parts: string[] = [];
  readonly sink: ((text: string) => void) | undefined;
  size = 0;
  open = true;

  constructor(sink?: (text: string) => void) {
    this.sink = sink;
  }
}

/** What `error` makes: a message and what it is about. */
export const CONDITION = new RecordType('condition', ['message', 'irritants', 'kind']);

/** Thrown by what runs in the host for a Scheme program to catch. */
export class Raised extends Error {
  readonly payload: Value;
  readonly continuable: boolean;

  constructor(payload: Value, continuable = false) {
    super('raised');
    this.payload = payload;
    this.continuable = continuable;
  }
}

export function condition(message: string, irritants: readonly Value[] = [], kind = 'error'): Instance {
  return new Instance(CONDITION, [new Text(message, true), list(irritants), Name.of(kind)]);
}

export function fail(message: string, ...irritants: readonly Value[]): never {
  throw new Raised(condition(message, irritants));
}

export function list(values: readonly Value[], tail: Value = NIL): Value {
  let result = tail;
  for (let at = values.length - 1; at >= 0; at--) result = new Pair(values[at] ?? NIL, result);
  return result;
}

/** The members of a proper list; undefined for anything else, circular lists among it. */
export function members(value: Value): Value[] | undefined {
  const found: Value[] = [];
  let slow = value;
  let rest = value;
  for (let steps = 0; rest instanceof Pair; steps++) {
    found.push(rest.car);
    rest = rest.cdr;
    if (steps % 2 === 1 && slow instanceof Pair) slow = slow.cdr;
    if (rest === slow && rest instanceof Pair && steps > 0) return undefined;
  }
  return rest === NIL ? found : undefined;
}

export function truthy(value: Value): boolean {
  return value !== false;
}
