import { Then } from '../continuing.ts';
import { fail, list, members, Name, NIL, Pair, Text, type Value } from '../data.ts';
import { equal, equivalent } from '../equal.ts';
import type { Machine } from '../machine.ts';
import { Control } from '../procedures.ts';
import { index, MANY, MOST_ITEMS, pair, primitive, text, wrong } from './check.ts';

function proper(value: Value | undefined, who: string): Value[] {
  return (value === undefined ? undefined : members(value)) ?? wrong(who, 'a list', value);
}

/** `caddr` and its like, up to four deep. */
function paths(): ReturnType<typeof primitive>[] {
  const made: ReturnType<typeof primitive>[] = [];
  const build = (letters: string): void => {
    if (letters.length > 0) {
      const title = `c${letters}r`;
      made.push(
        primitive(title, 1, 1, ([value]) => {
          let at: Value | undefined = value;
          for (let step = letters.length - 1; step >= 0; step--) {
            const here = pair(at, title);
            at = letters[step] === 'a' ? here.car : here.cdr;
          }
          return at;
        }),
      );
    }
    if (letters.length < 4) for (const letter of 'ad') build(`${letters}${letter}`);
  };
  build('');
  return made;
}

type Same = (a: Value, b: Value) => boolean;

/** The first pair of a list whose key is the same; the program's own idea of the same may be given. */
function search(
  title: string,
  same: Same | undefined,
  of: (pair: Pair) => { readonly key: Value; readonly found: Value },
) {
  return new Control(title, [2, same === undefined ? 3 : 2], ([wanted = NIL, given = NIL, test], machine) => {
    const step = (rest: Value, inner: Machine): void => {
      for (let here = rest, steps = 0; here instanceof Pair && steps < MOST_ITEMS; here = here.cdr, steps++) {
        inner.charge(1);
        const { key, found } = of(here);
        if (test !== undefined) {
          const next = here.cdr;
          inner.push(
            new Then((value, again) => {
              if (value === false) step(next, again);
              else again.value = found;
            }),
          );
          inner.apply(test, [wanted, key]);
          return;
        }
        if ((same ?? equal)(wanted, key)) {
          inner.value = found;
          return;
        }
      }
      inner.value = false;
    };
    step(given, machine);
  });
}

function member(title: string, same?: Same) {
  return search(title, same, (here) => ({ key: here.car, found: here }));
}

function association(title: string, same?: Same) {
  return search(title, same, (here) => ({ key: pair(here.car, title).car, found: here.car }));
}

function tail(value: Value | undefined, count: Value | undefined, who: string): Value {
  let rest = value ?? NIL;
  for (let left = index(count, MOST_ITEMS, who); left > 0; left--) rest = pair(rest, who).cdr;
  return rest;
}

export const LISTS = [
  ...paths(),
  primitive('cons', 2, 2, ([car = NIL, cdr = NIL]) => new Pair(car, cdr)),
  primitive('pair?', 1, 1, ([value]) => value instanceof Pair),
  primitive('null?', 1, 1, ([value]) => value === NIL),
  primitive('list?', 1, 1, ([value]) => value !== undefined && members(value) !== undefined),
  primitive('set-car!', 2, 2, ([value, car = NIL]) => {
    pair(value, 'set-car!').car = car;
    return undefined;
  }),
  primitive('set-cdr!', 2, 2, ([value, cdr = NIL]) => {
    pair(value, 'set-cdr!').cdr = cdr;
    return undefined;
  }),
  primitive('list', 0, MANY, (args) => list(args)),
  primitive('cons*', 1, MANY, (args) => list(args.slice(0, -1), args.at(-1))),
  primitive('make-list', 1, 2, ([count, fill = NIL], machine) => {
    const length = index(count, MOST_ITEMS, 'make-list');
    machine.charge(length);
    return list(new Array<Value>(length).fill(fill));
  }),
  primitive('length', 1, 1, ([value], machine) => {
    const all = proper(value, 'length');
    machine.charge(all.length);
    return BigInt(all.length);
  }),
  primitive('append', 0, MANY, (args, machine) => {
    let result = args.at(-1) ?? NIL;
    for (const one of args.slice(0, -1).reverse()) {
      const all = proper(one, 'append');
      machine.charge(all.length);
      result = list(all, result);
    }
    return result;
  }),
  primitive('reverse', 1, 1, ([value], machine) => {
    const all = proper(value, 'reverse');
    machine.charge(all.length);
    return list(all.reverse());
  }),
  primitive('list-tail', 2, 2, ([value, count]) => tail(value, count, 'list-tail')),
  primitive('list-ref', 2, 2, ([value, count]) => pair(tail(value, count, 'list-ref'), 'list-ref').car),
  primitive('list-set!', 3, 3, ([value, count, next = NIL]) => {
    pair(tail(value, count, 'list-set!'), 'list-set!').car = next;
    return undefined;
  }),
  primitive('list-copy', 1, 1, ([value = NIL], machine) => {
    const parts: Value[] = [];
    let rest = value;
    while (rest instanceof Pair) {
      machine.charge(1);
      parts.push(rest.car);
      rest = rest.cdr;
    }
    return list(parts, rest);
  }),
  primitive('last-pair', 1, 1, ([value], machine) => {
    let last = pair(value, 'last-pair');
    while (last.cdr instanceof Pair) {
      machine.charge(1);
      last = last.cdr;
    }
    return last;
  }),
  primitive('iota', 1, 3, ([count, start = 0n, step = 1n], machine) => {
    const length = index(count, MOST_ITEMS, 'iota');
    machine.charge(length);
    if (typeof start !== 'bigint' || typeof step !== 'bigint')
      return fail('iota: exact integers', start, step);
    return list(Array.from({ length }, (_, at) => start + step * BigInt(at)));
  }),
  primitive('delete', 2, 2, ([wanted = NIL, given = NIL]) =>
    list(proper(given, 'delete').filter((one) => !equal(wanted, one))),
  ),
  member('memq', equivalent),
  member('memv', equivalent),
  member('member'),
  association('assq', equivalent),
  association('assv', equivalent),
  association('assoc'),
  primitive('eq?', 2, 2, ([a = NIL, b = NIL]) => equivalent(a, b)),
  primitive('eqv?', 2, 2, ([a = NIL, b = NIL]) => equivalent(a, b)),
  primitive('equal?', 2, 2, ([a = NIL, b = NIL]) => equal(a, b)),
  primitive('not', 1, 1, ([value]) => value === false),
  primitive('boolean?', 1, 1, ([value]) => typeof value === 'boolean'),
  primitive('boolean=?', 2, MANY, (args) => args.every((one) => typeof one === 'boolean' && one === args[0])),
  primitive('symbol?', 1, 1, ([value]) => value instanceof Name),
  primitive('symbol=?', 2, MANY, (args) => args.every((one) => one instanceof Name && one === args[0])),
  primitive('symbol->string', 1, 1, ([value]) =>
    value instanceof Name ? new Text(value.text, true) : wrong('symbol->string', 'a symbol', value),
  ),
  primitive('string->symbol', 1, 1, ([value]) => Name.of(text(value, 'string->symbol').value)),
  primitive('symbol-append', 0, MANY, (args) =>
    Name.of(
      args.map((one) => (one instanceof Name ? one.text : wrong('symbol-append', 'a symbol', one))).join(''),
    ),
  ),
];
