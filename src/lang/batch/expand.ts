import { percentEnd } from './scan.ts';

/** Longest line after expansion, as cmd's own. */
const LONGEST = 8191 * 8;

/** What the expansion of `%…%` asks. */
export interface Names {
  readonly variable: (name: string) => string | undefined;
  /** `%0` to `%9`; `*` for all from the first. */
  readonly argument: (which: string) => string;
}

/** `%NAME%`, `%NAME:a=b%`, `%NAME:~1,2%`, `%1`, `%~dp0`, `%%`, in one pass from the left. */
export function expandPercent(text: string, names: Names): string {
  const parts: string[] = [];
  let size = 0;
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf('%', at);
    if (next === -1) {
      parts.push(text.slice(at));
      break;
    }
    parts.push(text.slice(at, next));
    const end = percentEnd(text, next);
    const value = one(text.slice(next, end), names);
    parts.push(value);
    size += next - at + value.length;
    if (size > LONGEST * 16) return parts.join('');
    at = end;
  }
  return parts.join('');
}

function one(given: string, names: Names): string {
  if (given === '%%') return '%';
  if (given === '%') return '';
  const inner = given.slice(1);
  if (/^(?:\d|\*)$/.test(inner)) return names.argument(inner);
  const modified = /^~([a-z$:]*)(\d)$/i.exec(inner);
  if (modified !== null) return modify(names.argument(modified[2] ?? '0'), modified[1] ?? '');
  if (!given.endsWith('%')) return given;
  return substitute(inner.slice(0, -1), names.variable) ?? '';
}

/** A variable with what stands behind its colon; undefined where there is no such variable. */
export function substitute(
  reference: string,
  variable: (name: string) => string | undefined,
): string | undefined {
  const whole = variable(reference);
  if (whole !== undefined) return whole;
  const colon = reference.indexOf(':', 1);
  if (colon === -1) return undefined;
  const value = variable(reference.slice(0, colon));
  if (value === undefined) return undefined;
  const change = reference.slice(colon + 1);
  const part = /^~\s*(-?\d+)?\s*(?:,\s*(-?\d+)?)?$/.exec(change);
  if (part !== null)
    return slice(value, Number(part[1] ?? 0), part[2] === undefined ? undefined : Number(part[2]));
  const equals = change.indexOf('=', change.startsWith('*') ? 1 : 0);
  if (equals < 1) return value;
  const search = change.slice(0, equals);
  const by = change.slice(equals + 1);
  if (search.startsWith('*')) {
    const found = value.toLowerCase().indexOf(search.slice(1).toLowerCase());
    return found === -1 ? value : `${by}${value.slice(found + search.length - 1)}`;
  }
  return replaceAll(value, search, by);
}

function replaceAll(value: string, search: string, by: string): string {
  const lower = value.toLowerCase();
  const wanted = search.toLowerCase();
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const found = lower.indexOf(wanted, at);
    if (found === -1) break;
    parts.push(value.slice(at, found), by);
    at = found + search.length;
  }
  return [...parts, value.slice(at)].join('').slice(0, LONGEST);
}

function slice(value: string, start: number, length: number | undefined): string {
  const from = start < 0 ? Math.max(0, value.length + start) : start;
  const to = length === undefined ? value.length : length < 0 ? value.length + length : from + length;
  return value.slice(from, Math.max(from, to));
}

/** `!NAME!` where delayed expansion is on; then a caret takes the next character as it is. */
export function expandDelayed(text: string, variable: (name: string) => string | undefined): string {
  if (!text.includes('!')) return text;
  const parts: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '^' && at + 1 < text.length) {
      at += 1;
      parts.push(text.charAt(at));
    } else if (character !== '!') parts.push(character);
    else {
      const close = text.indexOf('!', at + 1);
      if (close === -1) continue;
      parts.push(substitute(text.slice(at + 1, close), variable) ?? '');
      at = close;
    }
  }
  return parts.join('').slice(0, LONGEST);
}

/** `%%v` and `%%~nv` of the loops around: one letter each, in its own case. */
export function expandLoops(text: string, loops: ReadonlyMap<string, string>): string {
  if (loops.size === 0 || !text.includes('%')) return text;
  return text
    .replace(
      /%(?:~([a-z$:]*))?([^\s%])/gi,
      (found: string, modifiers: string | undefined, letter: string) => {
        if (modifiers === undefined) return loops.get(letter) ?? found;
        // The last letters may be the variable or modifiers: the longest reading with a variable wins.
        const all = `${modifiers}${letter}`;
        for (let length = all.length - 1; length >= 0; length--) {
          const value = loops.get(all.charAt(length));
          if (value !== undefined && /^[fdpnxsatz]*$/i.test(all.slice(0, length)))
            return `${modify(value, all.slice(0, length))}${all.slice(length + 1)}`;
        }
        return found;
      },
    )
    .slice(0, LONGEST);
}

/**
 * `~`: without quotes; `d p n x f` parts of the path. Paths are those of the place the program runs in, with `/`; there
 * is no drive. Attributes, sizes and times (`a s t z`) are not to be had and come out empty.
 */
export function modify(value: string, modifiers: string): string {
  const bare = value.replace(/^"(.*)"$/s, '$1');
  const wanted = modifiers.toLowerCase();
  if (wanted === '') return bare;
  if (/^[astz]+$/.test(wanted)) return '';
  const path = bare.replaceAll('\\', '/');
  if (wanted.includes('f')) return path;
  const cut = path.lastIndexOf('/') + 1;
  const name = path.slice(cut);
  const dot = name.lastIndexOf('.');
  const parts: string[] = [];
  if (wanted.includes('p')) parts.push(cut === 0 ? './' : path.slice(0, cut));
  if (wanted.includes('n')) parts.push(dot > 0 ? name.slice(0, dot) : name);
  if (wanted.includes('x') && dot > 0) parts.push(name.slice(dot));
  return parts.join('');
}

/** Carets taken out, as cmd does when it parses: outside of quotes, the next character is just itself. */
export function withoutCarets(text: string): string {
  if (!text.includes('^')) return text;
  const parts: string[] = [];
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') quoted = !quoted;
    if (character !== '^' || quoted) {
      parts.push(character);
      continue;
    }
    at += 1;
    if (text.charAt(at) === '\r') at += 1;
    if (text.charAt(at) === '\n') at += 1;
    parts.push(text.charAt(at));
  }
  return parts.join('');
}
