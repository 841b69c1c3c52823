/** Arrays, sets, objects and templates of terms already compiled. */
import { RegoError, type Term } from './ast.ts';
import type { Expr } from './machine.ts';
import { termText } from './text.ts';
import { equal, RegoObject, RegoSet, type Value } from './values.ts';

export function arrayOf(items: readonly Expr[]): Expr {
  return (slots, machine) => {
    const result: Value[] = [];
    for (const item of items) {
      const value = item(slots, machine);
      if (value === undefined) return undefined;
      result.push(value);
    }
    return result;
  };
}

export function setOf(items: readonly Expr[]): Expr {
  const array = arrayOf(items);
  return (slots, machine) => {
    const values = array(slots, machine);
    return values === undefined ? undefined : new RegoSet(values as readonly Value[]);
  };
}

export function objectOf(parts: readonly Expr[], at: Term['at']): Expr {
  const array = arrayOf(parts);
  return (slots, machine) => {
    const values = array(slots, machine) as readonly Value[] | undefined;
    if (values === undefined) return undefined;
    const object = new RegoObject();
    for (let i = 0; i < values.length; i += 2) put(object, values[i] as Value, values[i + 1] as Value, at);
    return object;
  };
}

export function put(object: RegoObject, key: Value, value: Value, at: Term['at']): void {
  const present = object.get(key);
  if (present === undefined) object.set(key, value);
  else if (!equal(present, value)) {
    throw new RegoError('eval_conflict_error', 'object keys must be unique', at);
  }
}

export function templateOf(parts: readonly (string | Expr)[]): Expr {
  return (slots, machine) => {
    let text = '';
    for (const part of parts) {
      if (typeof part === 'string') text += part;
      else {
        const found = part(slots, machine) as readonly Value[];
        const value = found[0];
        text += value === undefined ? '<undefined>' : typeof value === 'string' ? value : termText(value);
      }
    }
    return text;
  };
}
