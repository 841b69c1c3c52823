import { type Fault, pointerToken } from './fault.ts';
import { MOST_DEPTH } from './limits.ts';

/**
 * The first place where a text is no I-JSON (RFC 7493) within our bounds: the slow reader, asked only once something is
 * known to be wrong, to say what and where. Undefined where nothing is.
 */
export function findFault(text: string): Fault | undefined {
  return new Reader(text).read();
}

interface Level {
  /** Undefined for an array. */
  readonly names: Set<string> | undefined;
  /** Undefined before the first name. */
  at: string | number | undefined;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

class Reader {
  readonly #text: string;
  readonly #levels: Level[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Fault | undefined {
    let fault = this.#value();
    while (fault === undefined && this.#levels.length > 0) fault = this.#next();
    if (fault !== undefined) return fault;
    this.#space();
    return this.#at < this.#text.length ? this.#here('goes on after its end') : undefined;
  }

  /** What follows a value within an object or an array. */
  #next(): Fault | undefined {
    const level = this.#levels.at(-1);
    if (level === undefined) return undefined;
    this.#space();
    const closes = level.names === undefined ? ']' : '}';
    const character = this.#text[this.#at];
    if (character === closes) {
      this.#at += 1;
      this.#levels.pop();
      return undefined;
    }
    if (character !== ',') return this.#syntax();
    this.#at += 1;
    if (typeof level.at === 'number') {
      level.at += 1;
      return this.#value();
    }
    return this.#member(level);
  }

  #member(level: Level): Fault | undefined {
    this.#space();
    const raw = this.#token(STRING);
    if (raw === undefined) return this.#syntax();
    const name = JSON.parse(raw) as string;
    level.at = name;
    if (!name.isWellFormed()) return this.#here('has a name with half a surrogate pair');
    if (name === '__proto__') return this.#here('has a name that is refused');
    if (level.names?.has(name) === true) return this.#here('is there twice');
    level.names?.add(name);
    this.#space();
    if (this.#text[this.#at] !== ':') return this.#syntax();
    this.#at += 1;
    return this.#value();
  }

  #value(): Fault | undefined {
    this.#space();
    const character = this.#text[this.#at];
    if (character === '{' || character === '[') return this.#open(character === '{');
    if (character === '"') {
      const raw = this.#token(STRING);
      if (raw === undefined) return this.#syntax();
      return (JSON.parse(raw) as string).isWellFormed() ? undefined : this.#here('has half a surrogate pair');
    }
    if (this.#token(WORD) !== undefined) return undefined;
    const digits = this.#token(NUMBER);
    if (digits === undefined) return this.#syntax();
    return isExact(Number(digits))
      ? undefined
      : this.#here('is beyond the numbers that all sides hold exactly');
  }

  #open(object: boolean): Fault | undefined {
    if (this.#levels.length === MOST_DEPTH) return this.#here(TOO_DEEP);
    this.#at += 1;
    const level: Level = object ? { names: new Set(), at: undefined } : { names: undefined, at: 0 };
    this.#levels.push(level);
    this.#space();
    if (this.#text[this.#at] === (object ? '}' : ']')) {
      this.#at += 1;
      this.#levels.pop();
      return undefined;
    }
    return object ? this.#member(level) : this.#value();
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #token(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [token] = pattern.exec(this.#text) ?? [];
    if (token !== undefined) this.#at += token.length;
    return token;
  }

  #syntax(): Fault {
    return this.#here(
      this.#at < this.#text.length ? `is no JSON at character ${this.#at}` : 'ends too early',
    );
  }

  #here(what: string): Fault {
    const at = this.#levels.map(({ at: token }) => (token === undefined ? '' : `/${pointerToken(token)}`));
    return { at: at.join(''), what };
  }
}

export const TOO_DEEP = `holds more than ${MOST_DEPTH} objects and arrays within each other`;

/** Whether every reader of JSON has the same number: RFC 7493, 2.2. */
export function isExact(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
}
