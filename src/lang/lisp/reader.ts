import { Diagnostics } from '../diagnostic.ts';
import { Tree } from '../tree.ts';
import { classify } from './atom.ts';
import { hashToken } from './hash.ts';
import { CLOSERS, KIND, type Kind, PREFIXED } from './kinds.ts';
import { lineEnd, onlyDots, stringEnd, symbolEnd } from './scan.ts';

export type Dialect = 'scheme' | 'common-lisp';

export interface ReadOptions {
  /** Only the first datum; what follows is not looked at. */
  readonly first?: boolean;
}

export interface Reading {
  readonly tree: Tree;
  readonly diagnostics: Diagnostics;
}

/** Lists within lists; what lies deeper is an error and is passed over, its parentheses still counted. */
const DEEPEST = 10_000;

interface Open {
  readonly node: number;
  readonly kind: Kind;
  readonly start: number;
  /** Of a list: the character that ends it. Of a prefix (quote and the like): 0. */
  readonly closer: number;
  /** Data read directly inside. */
  count: number;
  /** Of `count`, those behind `#+` and `#-`: they may not be there. */
  perhaps: number;
  /** Where a dot stood: the count of data before it. */
  dot: number;
  /** Of `perhaps`, those before the dot. */
  perhapsBefore: number;
  /** Behind the last datum inside, or behind what opened it. */
  end: number;
}

/**
 * Reads Scheme (R7RS §7.1, with what common implementations add) or Common Lisp (CLHS §2) into a tree. Never throws:
 * what is wrong is told and read past, as far as the next thing that can be read. Time and memory are linear.
 */
export function readLisp(text: string, dialect: Dialect, options: ReadOptions = {}): Reading {
  return new Reader(text, dialect).read(options.first === true);
}

class Reader {
  readonly #text: string;
  readonly #scheme: boolean;
  readonly #tree = new Tree();
  readonly #diagnostics = new Diagnostics();
  readonly #open: Open[] = [];
  #at = 0;
  /** Lists opened beyond the bound. */
  #tooDeep = 0;
  /** `#+` and `#-` that are open: what stands there may be of another Lisp, and is only passed over. */
  #features = 0;

  constructor(text: string, dialect: Dialect) {
    this.#text = text;
    this.#scheme = dialect === 'scheme';
  }

  read(first: boolean): Reading {
    const text = this.#text;
    if (text.charCodeAt(0) === 0xfeff) this.#at = 1;
    // The first line of a program that a kernel starts.
    if (/^#!\s*\//.test(text.slice(this.#at, this.#at + 80))) this.#at = lineEnd(text, this.#at);
    while (this.#at < text.length) {
      this.#next(text.charCodeAt(this.#at));
      if (first && this.#tree.length > 0 && this.#open.length === 0) {
        if (this.#tree.kind(0) !== KIND.datumComment) break;
        this.#tree.cut(0);
      }
      if (first && this.#diagnostics.errors > 0) break;
    }
    this.#endOfText();
    return { tree: this.#tree, diagnostics: this.#diagnostics };
  }

  #next(code: number): void {
    const text = this.#text;
    const at = this.#at;
    switch (code) {
      case 32:
      case 9:
      case 10:
      case 12:
      case 13:
        this.#at += 1;
        break;
      case 59: // ;
        this.#at = lineEnd(text, at);
        break;
      case 40: // (
        this.#push(KIND.list, at + 1, 41);
        break;
      case 41: // )
        this.#pop(code);
        break;
      case 39: // '
        this.#push(KIND.quote, at + 1, 0);
        break;
      case 96: // `
        this.#push(KIND.quasiquote, at + 1, 0);
        break;
      case 44: // ,
        this.#unquote();
        break;
      case 34: // "
        this.#string();
        break;
      case 35: // #
        this.#hash();
        break;
      default:
        if (this.#scheme && (code === 91 || code === 123)) this.#push(KIND.list, at + 1, code + 2);
        else if (this.#scheme && (code === 93 || code === 125)) this.#pop(code);
        else if (code > 127 && /\s/.test(text.charAt(at))) this.#at += 1;
        else this.#atom();
    }
  }

  // ---- structure

  #push(kind: Kind, after: number, closer: number): void {
    const start = this.#at;
    this.#at = after;
    if (this.#open.length >= DEEPEST) {
      if (this.#tooDeep === 0)
        this.#diagnostics.error('too-deep', `nested more than ${DEEPEST} deep`, start, after);
      if (closer !== 0) this.#tooDeep += 1;
      return;
    }
    const node = this.#tree.add(kind, start, after);
    if (kind === KIND.feature) this.#features += 1;
    this.#open.push({
      node,
      kind,
      start,
      closer,
      count: 0,
      perhaps: 0,
      dot: -1,
      perhapsBefore: 0,
      end: after,
    });
  }

  #pop(code: number): void {
    const end = this.#at + 1;
    if (this.#tooDeep > 0) {
      this.#tooDeep -= 1;
      this.#at = end;
      return;
    }
    this.#dropPrefixes('a closing parenthesis');
    const open = this.#open.at(-1);
    this.#at = end;
    if (open === undefined) {
      this.#diagnostics.error(
        'unmatched-close',
        `${String.fromCharCode(code)} closes nothing`,
        end - 1,
        end,
        'no closing parenthesis here',
      );
      return;
    }
    if (open.closer !== code) {
      this.#diagnostics.error(
        'wrong-close',
        `${String.fromCharCode(code)} closes a list opened by ${CLOSERS[open.closer] ?? '('}`,
        end - 1,
        end,
        String.fromCharCode(open.closer),
      );
    }
    this.#open.pop();
    if (open.dot !== -1) this.#checkDot(open, end);
    this.#tree.close(open.node, end);
    this.#done(end);
  }

  /** Exactly one datum behind it; of those behind features, some choice must leave one. */
  #checkDot(open: Open, end: number): void {
    const after = open.count - open.dot;
    const certain = after - (open.perhaps - open.perhapsBefore);
    if (after > 0 && certain <= 1) return;
    this.#diagnostics.error(
      'bad-dot',
      'a dot stands before exactly one datum, the last',
      open.start,
      end,
      after === 0 ? 'a datum after the dot' : 'one datum after the dot',
    );
  }

  /** A datum ended: the prefixes that waited for it are whole with it. */
  #done(end: number): void {
    let ofFeature = false;
    for (;;) {
      const open = this.#open.at(-1);
      if (open === undefined) return;
      open.count += 1;
      open.end = end;
      if (ofFeature) open.perhaps += 1;
      if (open.closer !== 0) return;
      if (open.count < (PREFIXED[open.kind] ?? 1)) return;
      // `'#+a x #-a y`: the quote waits for whichever is there.
      if (ofFeature && this.#featureFollows(end)) return;
      this.#open.pop();
      if (open.kind === KIND.feature) this.#features -= 1;
      ofFeature = open.kind === KIND.feature;
      this.#tree.close(open.node, end);
      // A datum comment is no datum of the list it stands in.
      if (open.kind === KIND.datumComment) {
        const outer = this.#open.at(-1);
        if (outer !== undefined) outer.end = end;
        return;
      }
    }
  }

  #featureFollows(from: number): boolean {
    const text = this.#text;
    let at = from;
    while (text.charCodeAt(at) <= 32) at += 1;
    return text.charCodeAt(at) === 35 && (text.charCodeAt(at + 1) === 43 || text.charCodeAt(at + 1) === 45);
  }

  /** Prefixes whose datum does not come. */
  #dropPrefixes(before: string): void {
    for (;;) {
      const open = this.#open.at(-1);
      if (open === undefined || open.closer !== 0) return;
      this.#open.pop();
      if (open.kind === KIND.feature) this.#features -= 1;
      const { end } = open;
      if (open.count < (PREFIXED[open.kind] ?? 1))
        this.#diagnostics.error(
          'lone-prefix',
          `${this.#text.slice(open.start, Math.min(end, open.start + 8)).trimEnd()} has no datum before ${before}`,
          open.start,
          end,
          'a datum',
        );
      this.#tree.close(open.node, end);
      const outer = this.#open.at(-1);
      if (outer === undefined) return;
      outer.end = Math.max(outer.end, end);
      if (open.kind !== KIND.datumComment) outer.count += 1;
    }
  }

  #endOfText(): void {
    const end = this.#text.length;
    this.#dropPrefixes('the end');
    let told = 0;
    while (this.#open.length > 0) {
      const open = this.#open.pop();
      if (open === undefined) break;
      this.#tree.close(open.node, end);
      if (open.closer === 0) continue;
      told += 1;
      if (told > 20) continue;
      this.#diagnostics.error(
        'unclosed',
        `${CLOSERS[open.closer] ?? '('} is never closed`,
        open.start,
        open.start + 1,
        String.fromCharCode(open.closer),
      );
    }
  }

  // ---- data

  #leaf(kind: Kind, start: number, end: number): void {
    this.#at = end;
    if (this.#tooDeep > 0) return;
    this.#tree.add(kind, start, end);
    this.#done(end);
  }

  #unquote(): void {
    const following = this.#text.charCodeAt(this.#at + 1);
    const splicing = following === 64 || (following === 46 && !this.#scheme);
    const kind = splicing ? KIND.unquoteSplicing : KIND.unquote;
    this.#push(kind, this.#at + (splicing ? 2 : 1), 0);
  }

  #string(): void {
    const start = this.#at;
    const end = stringEnd(this.#text, start, this.#scheme, this.#diagnostics);
    if (end === -1)
      this.#diagnostics.error('unclosed-string', 'a string is never closed', start, start + 1, '"');
    this.#leaf(KIND.string, start, end === -1 ? this.#text.length : end);
  }

  #hash(): void {
    const start = this.#at;
    const { text, scheme, diagnostics } = {
      text: this.#text,
      scheme: this.#scheme,
      diagnostics: this.#diagnostics,
    };
    const token = hashToken({ text, start, scheme, diagnostics });
    if (token.is === 'nothing') this.#at = token.end;
    else if (token.is === 'leaf') this.#leaf(token.kind, start, token.end);
    else this.#push(token.kind, token.end, token.closer);
  }

  /** A symbol or number, or a dot. */
  #atom(): void {
    const start = this.#at;
    const text = this.#text;
    const end = Math.max(start + 1, symbolEnd(text, start, this.#scheme, this.#diagnostics));
    if (end === start + 1 && text.charCodeAt(start) === 46) {
      this.#dot();
      return;
    }
    const kind = classify(text, start, end, this.#scheme);
    if (!this.#scheme && end - start > 2 && text.startsWith('::', end - 2)) {
      this.#push(KIND.package, end, 0);
      return;
    }
    if (kind === KIND.symbol && !this.#scheme && this.#features === 0 && onlyDots(text, start, end))
      this.#diagnostics.error('only-dots', 'a symbol of dots alone', start, end, 'a name');
    this.#leaf(kind, start, end);
  }

  #dot(): void {
    const start = this.#at;
    this.#at += 1;
    if (this.#tooDeep > 0) return;
    this.#dropPrefixes('a dot');
    const open = this.#open.at(-1);
    if (open === undefined || open.kind !== KIND.list) {
      this.#diagnostics.error('bad-dot', 'a dot outside of a list', start, start + 1);
    } else if (open.dot !== -1) {
      this.#diagnostics.error('bad-dot', 'a second dot in one list', start, start + 1);
    } else if (open.count === 0) {
      // Racket and Guile read ( . x) as x; the standards do not.
      this.#diagnostics.error('bad-dot', 'a dot with nothing before it', start, start + 1, 'a datum');
    } else {
      open.dot = open.count;
      open.perhapsBefore = open.perhaps;
    }
    this.#tree.add(KIND.dot, start, start + 1);
  }
}
