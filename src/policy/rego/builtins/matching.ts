/** regex.* and glob.*: both run on the linear matcher. */
import { type Groups, Regex } from '../regex.ts';
import { RegexError } from '../regex-program.ts';
import type { Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';
import { globsMatch } from './globs-match.ts';

function compile(pattern: string): Regex {
  try {
    return Regex.compile(pattern);
  } catch (error) {
    if (error instanceof RegexError) throw new BuiltinError(`error parsing regexp: ${error.message}`);
    throw error;
  }
}

const pay = (o: Operands) => (cost: number) => o.tick(cost);

function matches(o: Operands): Value {
  return compile(o.string(0)).test(o.string(1), pay(o));
}

function isValid(o: Operands): Value {
  const pattern = o.value(0);
  if (typeof pattern !== 'string') return false;
  try {
    Regex.compile(pattern);
    return true;
  } catch (error) {
    if (error instanceof RegexError) return false;
    throw error;
  }
}

function all(o: Operands, most: number): Groups[] {
  return compile(o.string(0)).findAll(o.string(1), most < 0 ? Infinity : most, pay(o));
}

function part(text: string, groups: Groups, group: number): string {
  const start = groups[group * 2] ?? -1;
  return start < 0 ? '' : text.slice(start, groups[group * 2 + 1]);
}

function submatches(o: Operands): Value {
  const text = o.string(1);
  return all(o, o.integer(2)).map((groups) =>
    Array.from({ length: groups.length / 2 }, (_, i) => part(text, groups, i)),
  );
}

function splitBy(o: Operands): Value {
  const text = o.string(1);
  const parts: string[] = [];
  let from = 0;
  for (const [start, end] of all(o, -1) as (readonly [number, number])[]) {
    if (text.length > 0 && end === 0) continue;
    if (start === text.length && start === end) continue;
    parts.push(text.slice(from, start));
    from = end;
  }
  return [...parts, text.slice(from)];
}

/** `$1`, `${1}`, `$name`, `${name}` and `$$`, as Go expands them. */
function replace(o: Operands): Value {
  const text = o.string(0);
  const regex = compile(o.string(1));
  const template = o.string(2);
  let out = '';
  let from = 0;
  for (const groups of regex.findAll(text, Infinity, pay(o))) {
    const filled = template.replace(
      /\$(?:(\$)|(\w+)|\{(\w+)\})/g,
      (_, dollar?: string, name?: string, braced?: string) => {
        if (dollar !== undefined) return '$';
        const key = (name ?? braced) as string;
        return part(text, groups, /^\d+$/.test(key) ? Number(key) : (regex.names.get(key) ?? 1e6));
      },
    );
    out += text.slice(from, groups[0]) + filled;
    o.output(out.length);
    from = groups[1] as number;
  }
  return out + text.slice(from);
}

/** A template is text with regular expressions between two delimiters. */
function templateMatch(o: Operands): Value {
  const [template, text, open, close] = [o.string(0), o.string(1), o.string(2), o.string(3)];
  if (open.length !== 1 || close.length !== 1) throw new BuiltinError('a delimiter is one character');
  let pattern = '';
  let depth = 0;
  let start = 0;
  for (let i = 0; i < template.length; i++) {
    if (template[i] === open && ++depth === 1) {
      pattern += quote(template.slice(start, i));
      start = i + 1;
    } else if (template[i] === close && --depth === 0) {
      pattern += `(${template.slice(start, i)})`;
      start = i + 1;
    }
    if (depth < 0) break;
  }
  if (depth !== 0) throw new BuiltinError(`unbalanced braces in ${JSON.stringify(template)}`);
  return compile(`^${pattern}${quote(template.slice(start))}$`).test(text, pay(o));
}

function quote(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

/** A glob as the regular expression of the same texts. */
export function globPattern(glob: string, delimiters: readonly string[]): string {
  const not =
    delimiters.length === 0
      ? '(?s:.)'
      : `[^${delimiters.map((d) => d.replace(/[\\\]^-]/g, '\\$&')).join('')}]`;
  let out = '';
  let depth = 0;
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i] as string;
    if (c === '*') {
      const deep = glob[i + 1] === '*';
      if (deep) i++;
      out += deep ? '(?s:.)*' : `${not}*`;
    } else if (c === '?') out += not;
    else if (c === '\\') out += quote(glob[++i] ?? '');
    else if (c === '{') {
      depth++;
      out += '(?:';
    } else if (c === '}' && depth > 0) {
      depth--;
      out += ')';
    } else if (c === ',' && depth > 0) out += '|';
    else if (c === '[') {
      const end = glob.indexOf(']', i + 2);
      if (end < 0) throw new BuiltinError('unexpected end of input in a character class');
      const inner = glob.slice(i + 1, end);
      const negated = inner.startsWith('!');
      out += `[${negated ? '^' : ''}${inner.slice(negated ? 1 : 0).replace(/[\\\][^]/g, '\\$&')}]`;
      i = end;
    } else out += quote(c);
  }
  if (depth > 0) throw new BuiltinError('unexpected end of input in alternatives');
  return `^${out}$`;
}

function globMatch(o: Operands): Value {
  const given = o.value(1);
  let delimiters: readonly string[] = [];
  if (given !== null) {
    delimiters = o.strings(1);
    if (delimiters.length === 0) delimiters = ['.'];
  }
  if (delimiters.some((d) => [...d].length !== 1)) throw new BuiltinError('a delimiter is one character');
  return compile(globPattern(o.string(0), delimiters)).test(o.string(2), pay(o));
}

function findN(o: Operands): Value {
  const text = o.string(1);
  return all(o, o.integer(2)).map((groups) => part(text, groups, 0));
}

export const MATCHING = builtins({
  'regex.match': [2, matches],
  re_match: [2, matches],
  'regex.is_valid': [1, isValid],
  'regex.find_n': [3, findN],
  'regex.find_all_string_submatch_n': [3, submatches],
  'regex.split': [2, splitBy],
  'regex.replace': [3, replace],
  'regex.globs_match': [2, globsMatch],
  'regex.template_match': [4, templateMatch],
  'glob.match': [3, globMatch],
  'glob.quote_meta': [1, (o) => o.string(0).replace(/[*?\\[\]{}]/g, '\\$&')],
});
