import { shorten } from '../../kernel/text.ts';
import { classify } from './atom.ts';
import {
  Alias,
  Character,
  CONDITION,
  Delayed,
  InputText,
  Instance,
  list,
  members,
  Name,
  NIL,
  OutputText,
  Pair,
  Procedure,
  Ratio,
  RecordType,
  Sole,
  Text,
  type Value,
  Values,
} from './data.ts';
import { KIND } from './kinds.ts';
import { formatNumber } from './numbers.ts';

const NAMES: Readonly<Record<number, string>> = {
  0: 'null',
  7: 'alarm',
  8: 'backspace',
  9: 'tab',
  10: 'newline',
  13: 'return',
  27: 'escape',
  32: 'space',
  127: 'delete',
};

/** Characters of one printed datum; what lies beyond is cut off with an ellipsis. */
const MOST = 200_000;

/** `write` where `machine` is true, `display` where it is not. A circular list is cut off, never followed for ever. */
export function print(value: Value, machine: boolean): string {
  const parts: string[] = [];
  let size = 0;
  const out = (text: string): void => {
    parts.push(text);
    size += text.length;
  };
  // What is still to be printed, the next one last.
  const rest: (Value | { readonly text: string } | { readonly tail: Value })[] = [value];
  while (rest.length > 0 && size < MOST) {
    const next = rest.pop();
    if (next === undefined) break;
    if (typeof next === 'object' && 'text' in next && !(next instanceof Name) && !(next instanceof InputText))
      out(next.text);
    else if (typeof next === 'object' && 'tail' in next) {
      const { tail } = next;
      if (tail === NIL) out(')');
      else if (tail instanceof Pair) {
        out(' ');
        rest.push({ tail: tail.cdr }, tail.car);
      } else {
        out(' . ');
        rest.push({ text: ')' }, tail);
      }
    } else if (next instanceof Pair) {
      const short = quoted(next);
      if (short !== undefined) {
        out(short.mark);
        rest.push(short.of);
      } else {
        out('(');
        rest.push({ tail: next.cdr }, next.car);
      }
    } else if (Array.isArray(next)) {
      out('#(');
      rest.push({ text: ')' });
      for (let at = next.length - 1; at >= 0; at--) {
        rest.push(next[at] ?? NIL);
        if (at > 0) rest.push({ text: ' ' });
      }
    } else out(atom(next as Value, machine));
  }
  return size >= MOST ? `${parts.join('').slice(0, MOST)}…` : parts.join('');
}

const MARKS: Readonly<Record<string, string>> = {
  quote: "'",
  quasiquote: '`',
  unquote: ',',
  'unquote-splicing': ',@',
};

function quoted(pair: Pair): { readonly mark: string; readonly of: Value } | undefined {
  if (!(pair.car instanceof Name) || !(pair.cdr instanceof Pair) || pair.cdr.cdr !== NIL) return undefined;
  const word = pair.car.text;
  const mark = Object.hasOwn(MARKS, word) ? MARKS[word] : undefined;
  return mark === undefined ? undefined : { mark, of: pair.cdr.car };
}

function atom(value: Value, machine: boolean): string {
  if (typeof value === 'boolean') return value ? '#t' : '#f';
  if (typeof value === 'bigint' || typeof value === 'number' || value instanceof Ratio)
    return formatNumber(value);
  if (value instanceof Name) return machine ? symbol(value.text) : value.text;
  if (value instanceof Alias) return atom(value.of, machine);
  if (value instanceof Text) return machine ? string(value.value) : value.value;
  if (value instanceof Character) {
    const shown = String.fromCodePoint(value.code);
    if (!machine) return shown;
    const unseen = value.code < 33 || (value.code > 126 && value.code < 161);
    return `#\\${NAMES[value.code] ?? (unseen ? `x${value.code.toString(16)}` : shown)}`;
  }
  if (value instanceof Uint8Array) return `#u8(${[...value].join(' ')})`;
  if (value instanceof Procedure) return `#<procedure ${value.title}>`;
  if (value instanceof Delayed) return '#<promise>';
  if (value instanceof RecordType) return `#<record type ${value.title}>`;
  if (value instanceof Instance) return instance(value);
  if (value instanceof Values) return value.all.map((one) => print(one, machine)).join('\n');
  if (value instanceof Sole) return value.shown;
  return value instanceof OutputText || value instanceof InputText ? '#<port>' : '';
}

function instance({ type, values }: Instance): string {
  if (type === CONDITION) return `#<condition ${describe(new Instance(type, values))}>`;
  return `#<${type.title}>`;
}

/** The message and what it is about, as one line. */
export function describe(error: Value): string {
  if (!(error instanceof Instance) || error.type !== CONDITION) return print(error, true);
  const [message = new Text(''), irritants = NIL] = error.values;
  const about = members(irritants) ?? list([]);
  const words = Array.isArray(about) ? about.map((one) => shorten(print(one, true), 200)) : [];
  return shorten([message instanceof Text ? message.value : print(message, true), ...words].join(' '), 2000);
}

function symbol(text: string): string {
  const plain =
    text !== '' &&
    !/[\s()[\]{}"';`,|\\#\u0000-\u001f\u007f]/.test(text.replace(/^#[%~]/, '')) &&
    classify(text, 0, text.length, true) !== KIND.number &&
    !/^[+-](?:inf|nan)\.0/i.test(text) &&
    text !== '.';
  if (plain) return text;
  return `|${text.replace(/[|\\]/g, '\\$&').replace(/[\u0000-\u001f\u007f]/g, (found) => `\\x${found.charCodeAt(0).toString(16)};`)}|`;
}

function string(text: string): string {
  const escaped = text.replace(/["\\\u0000-\u001f\u007f]/g, (found) => {
    if (found === '"' || found === '\\') return `\\${found}`;
    const named = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\x07': '\\a', '\b': '\\b' }[found];
    return named ?? `\\x${found.charCodeAt(0).toString(16)};`;
  });
  return `"${escaped}"`;
}
