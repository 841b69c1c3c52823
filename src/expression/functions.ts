import { BitError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import type { Budget } from './budget.ts';
import { numberText } from './number.ts';
import { endsWith, equal, includes, isArray, isPrimitive, startsWith, textOf } from './value.ts';

type General = (args: readonly Json[], budget: Budget) => Json;

const MOST_DEPTH = 100;

const GENERAL: Readonly<Record<string, General>> = {
  contains([search = null, item = null], budget) {
    if (isPrimitive(search)) {
      if (!isPrimitive(item)) return false;
      const text = textOf(search);
      budget.make(text.length);
      return includes(text, textOf(item));
    }
    if (!isArray(search)) return false;
    budget.spend(search.length);
    return search.some((candidate) => equal(item, candidate));
  },
  startswith([search = null, start = null], budget) {
    if (!isPrimitive(search) || !isPrimitive(start)) return false;
    budget.make(textOf(search).length);
    return startsWith(textOf(search), textOf(start));
  },
  endswith([search = null, end = null], budget) {
    if (!isPrimitive(search) || !isPrimitive(end)) return false;
    budget.make(textOf(search).length);
    return endsWith(textOf(search), textOf(end));
  },
  format([pattern = null, ...values], budget) {
    return format(textOf(pattern), values, budget);
  },
  join([items = null, separator = ','], budget) {
    if (isPrimitive(items)) return textOf(items);
    if (!isArray(items)) return '';
    const between = isPrimitive(separator) ? textOf(separator) : ',';
    const texts = items.map(textOf);
    budget.make(texts.reduce((sum, text) => sum + text.length + between.length, 0));
    return texts.join(between);
  },
  tojson([value = null], budget) {
    const parts: string[] = [];
    writeJson(value, 0, (part) => {
      budget.make(part.length);
      parts.push(part);
    });
    return parts.join('');
  },
  fromjson([value = null], budget) {
    return readJson(textOf(value), budget);
  },
};

export function isGeneral(name: string): boolean {
  return Object.hasOwn(GENERAL, name);
}

/** Refusals come without their place; the caller knows it. */
export function callGeneral(name: string, args: readonly Json[], budget: Budget): Json {
  return GENERAL[name]?.(args, budget) ?? null;
}

/** `{N}` is the value N, `{{` and `}}` are braces. */
function format(pattern: string, values: readonly Json[], budget: Budget): string {
  budget.make(pattern.length);
  return pattern.replace(/\{\{|\}\}|\{(\d+)\}|[{}]/g, (found, index: string | undefined) => {
    if (found === '{{' || found === '}}') return found[0] ?? '';
    if (index === undefined)
      throw new BitError('usage', `format: a ${found} stands alone; double it to mean itself`);
    const value = values[Number(index)];
    if (value === undefined) throw new BitError('usage', `format: there is no value for {${index}}`);
    const text = textOf(value);
    budget.make(text.length);
    return text;
  });
}

function readJson(text: string, budget: Budget): Json {
  if (text.trim() === '') throw new BitError('usage', 'fromJSON: the text is empty');
  budget.make(text.length);
  let depth = 0;
  for (const [found] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (found === '[' || found === '{') depth++;
    else if (found === ']' || found === '}') depth--;
    if (depth > MOST_DEPTH) throw new BitError('usage', `fromJSON: nested deeper than ${MOST_DEPTH}`);
  }
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new BitError('usage', 'fromJSON: the text is not JSON', { cause });
  }
}

function writeJson(value: Json, depth: number, write: (part: string) => void): void {
  if (isPrimitive(value)) {
    write(typeof value === 'number' ? numberText(value) : JSON.stringify(value));
    return;
  }
  if (depth > MOST_DEPTH) throw new BitError('usage', `toJSON: nested deeper than ${MOST_DEPTH}`);
  const list = isArray(value);
  const entries = list ? value.map((item) => ['', item] as const) : Object.entries(value);
  if (entries.length === 0) {
    write(list ? '[]' : '{}');
    return;
  }
  const indent = '  '.repeat(depth + 1);
  write(list ? '[\n' : '{\n');
  for (const [at, [key, item]] of entries.entries()) {
    write(`${indent}${list ? '' : `${JSON.stringify(key)}: `}`);
    writeJson(item, depth + 1, write);
    write(at === entries.length - 1 ? '\n' : ',\n');
  }
  write(`${'  '.repeat(depth)}${list ? ']' : '}'}`);
}
