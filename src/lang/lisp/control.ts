/** Procedures that decide what runs next (R7RS §6.10 and §6.11). */

import { type Bound, Restore, Then } from './continuing.ts';
import {
  condition,
  Delayed,
  fail,
  list,
  members,
  NIL,
  Pair,
  Procedure,
  Raised,
  UNSPECIFIED,
  type Value,
  Values,
} from './data.ts';
import type { Machine } from './machine.ts';
import { Continuation, Control, Parameter, Primitive } from './procedures.ts';

type ControlCall = (args: Value[], machine: Machine) => void;

function control(title: string, least: number, most: number, call: ControlCall): Control {
  return new Control(title, [least, most], call);
}

/** Calls `body`; what it raises goes to `handler`, back where the guard stands. */
export const GUARDED = control('guard', 2, 2, ([body = NIL, handler = NIL], machine) => {
  const here = machine.capture();
  const catching = control('guard', 1, 1, ([payload = NIL], inner) => {
    const after = new Then((value, again) => again.apply(handler, [value]));
    inner.goTo(new Continuation([...here.stack, after], here.wind, here.dynamic), payload);
  });
  withHandler(machine, catching, body);
});

export const RAISE_AGAIN = control('raise-continuable', 1, 1, ([payload = NIL], machine) => {
  machine.raise(payload, true);
});

/** A body, then parameters and their values by turns. */
export const PARAMETERIZED = control(
  'parameterize',
  1,
  Number.POSITIVE_INFINITY,
  ([body = NIL, ...pairs], machine) => {
    const outer = machine.dynamic;
    const step = (at: number, bound: Bound | undefined, inner: Machine): void => {
      const [parameter, value = NIL] = pairs.slice(at, at + 2);
      if (parameter === undefined) {
        inner.push(new Restore(outer));
        inner.dynamic = { ...outer, parameters: bound };
        inner.apply(body, []);
        return;
      }
      if (!(parameter instanceof Parameter)) fail('parameterize: not a parameter', parameter);
      const next = (converted: Value, again: Machine): void =>
        step(at + 2, { parameter, value: converted, outer: bound }, again);
      if (parameter.converter === undefined) {
        next(value, inner);
        return;
      }
      inner.push(new Then(next));
      inner.apply(parameter.converter, [value]);
    };
    step(0, outer.parameters, machine);
  },
);

function withHandler(machine: Machine, handler: Value, body: Value): void {
  const outer = machine.dynamic;
  machine.push(new Restore(outer));
  machine.dynamic = { ...outer, handlers: { call: handler, outer: outer.handlers } };
  machine.apply(body, []);
}

function force(promise: Value, machine: Machine): void {
  if (!(promise instanceof Delayed)) {
    machine.value = promise;
    return;
  }
  const { is, value } = promise.state;
  if (is === 'value') {
    machine.value = value;
    return;
  }
  machine.push(
    new Then((made, inner) => {
      const { state } = promise;
      // Forcing it may have forced it again on the way.
      if (state.is !== 'value') {
        if (is === 'thunk') Object.assign(state, { is: 'value', value: made });
        else if (made instanceof Delayed) {
          Object.assign(state, made.state);
          made.state = state;
        } else return fail('delay-force: not a promise', made);
      }
      force(promise, inner);
    }),
  );
  machine.apply(value, []);
}

type Rows = (index: number) => Value[] | undefined;

/** Calls for each row, one after another; `collect` sees the results, newest first. */
export function each(
  machine: Machine,
  procedure: Value,
  rows: Rows,
  collect: (results: Value[]) => Value,
): void {
  const step = (index: number, results: readonly [Value, unknown] | undefined, inner: Machine): void => {
    const row = rows(index);
    if (row === undefined) {
      const all: Value[] = [];
      for (let at = results; at !== undefined; at = at[1] as typeof results) all.push(at[0]);
      inner.charge(all.length);
      inner.value = collect(all.reverse());
      return;
    }
    inner.push(new Then((value, again) => step(index + 1, [value, results], again)));
    inner.apply(procedure, row);
  };
  step(0, undefined, machine);
}

/** As far as the shortest list goes; one of them may be circular. */
function listRows(lists: readonly Value[], who: string): Rows {
  const proper = lists.map(members).filter((one) => one !== undefined);
  if (proper.length === 0)
    return fail(`${who}: not a list`, ...lists.slice(0, 1).filter((one) => !(one instanceof Pair)));
  const length = Math.min(...proper.map((one) => one.length));
  const columns = lists.map((one) => {
    const cells: Value[] = [];
    for (let rest = one; rest instanceof Pair && cells.length < length; rest = rest.cdr) cells.push(rest.car);
    return cells;
  });
  return rowsOf(columns);
}

export function rowsOf(all: readonly (readonly Value[])[]): Rows {
  const length = Math.min(...all.map((one) => one.length));
  return (index) => (index < length ? all.map((one) => one[index] ?? NIL) : undefined);
}

export const CONTROLS: readonly (Control | Primitive)[] = [
  control('apply', 2, Number.POSITIVE_INFINITY, ([procedure = NIL, ...given], machine) => {
    const last = given.pop();
    const spread =
      last === undefined ? [] : (members(last) ?? fail('apply: the last argument is a list', last));
    machine.charge(spread.length);
    machine.apply(procedure, [...given, ...spread]);
  }),
  ...['call-with-current-continuation', 'call/cc'].map((title) =>
    control(title, 1, 1, ([procedure = NIL], machine) => machine.apply(procedure, [machine.capture()])),
  ),
  control('values', 0, Number.POSITIVE_INFINITY, (args, machine) => {
    const [only = UNSPECIFIED] = args;
    machine.value = args.length === 1 ? only : new Values(args);
  }),
  control('call-with-values', 2, 2, ([producer = NIL, consumer = NIL], machine) => {
    machine.push(
      new Then((value, inner) => inner.apply(consumer, value instanceof Values ? [...value.all] : [value])),
    );
    machine.apply(producer, []);
  }),
  control('dynamic-wind', 3, 3, ([before = NIL, thunk = NIL, after = NIL], machine) => {
    machine.push(
      new Then((_, inner) => {
        const outer = inner.wind;
        inner.wind = { before, after, outer, depth: (outer?.depth ?? 0) + 1 };
        inner.push(
          new Then((value, leaving) => {
            leaving.wind = outer;
            leaving.push(
              new Then((_ended, done) => {
                done.value = value;
              }),
            );
            leaving.apply(after, []);
          }),
        );
        inner.apply(thunk, []);
      }),
    );
    machine.apply(before, []);
  }),
  control('with-exception-handler', 2, 2, ([handler = NIL, thunk = NIL], machine) => {
    if (!(handler instanceof Procedure)) return fail('with-exception-handler: not a procedure', handler);
    withHandler(machine, handler, thunk);
  }),
  control('raise', 1, 1, ([payload = NIL], machine) => machine.raise(payload, false)),
  RAISE_AGAIN,
  new Primitive('error', [1, Number.POSITIVE_INFINITY], ([message = NIL, ...irritants]) => {
    throw new Raised(errorOf(message, irritants));
  }),
  control('force', 1, 1, ([promise = NIL], machine) => force(promise, machine)),
  new Primitive('make-promise', [1, 1], ([value = NIL]) =>
    value instanceof Delayed ? value : new Delayed('value', value),
  ),
  new Primitive('promise?', [1, 1], ([value]) => value instanceof Delayed),
  new Primitive('procedure?', [1, 1], ([value]) => value instanceof Procedure),
  control('make-parameter', 1, 2, ([value = NIL, converter], machine) => {
    if (converter === undefined) {
      machine.value = new Parameter(value, undefined);
      return;
    }
    machine.push(
      new Then((made, inner) => {
        inner.value = new Parameter(made, converter);
      }),
    );
    machine.apply(converter, [value]);
  }),
  control('map', 2, Number.POSITIVE_INFINITY, ([procedure = NIL, ...lists], machine) =>
    each(machine, procedure, listRows(lists, 'map'), (results) => list(results)),
  ),
  control('for-each', 2, Number.POSITIVE_INFINITY, ([procedure = NIL, ...lists], machine) =>
    each(machine, procedure, listRows(lists, 'for-each'), () => UNSPECIFIED),
  ),
  control('filter', 2, 2, ([procedure = NIL, given = NIL], machine) => {
    const all = members(given) ?? fail('filter: not a list', given);
    each(machine, procedure, rowsOf([all]), (results) =>
      list(all.filter((_, index) => results[index] !== false)),
    );
  }),
  control('fold-left', 3, 3, ([procedure = NIL, first = NIL, given = NIL], machine) =>
    fold(machine, procedure, first, members(given) ?? fail('fold-left: not a list', given), (sum, one) => [
      sum,
      one,
    ]),
  ),
  control('fold', 3, 3, ([procedure = NIL, first = NIL, given = NIL], machine) =>
    fold(machine, procedure, first, members(given) ?? fail('fold: not a list', given), (sum, one) => [
      one,
      sum,
    ]),
  ),
  control('fold-right', 3, 3, ([procedure = NIL, first = NIL, given = NIL], machine) => {
    const all = members(given) ?? fail('fold-right: not a list', given);
    fold(machine, procedure, first, all.reverse(), (sum, one) => [one, sum]);
  }),
  control('reduce', 3, 3, ([procedure = NIL, initial = NIL, given = NIL], machine) => {
    const [first, ...others] = members(given) ?? fail('reduce: not a list', given);
    if (first === undefined) {
      machine.value = initial;
      return;
    }
    fold(machine, procedure, first, others, (sum, one) => [one, sum]);
  }),
];

function fold(
  machine: Machine,
  procedure: Value,
  first: Value,
  all: readonly Value[],
  order: (sum: Value, one: Value) => Value[],
): void {
  const step = (index: number, sum: Value, inner: Machine): void => {
    const one = all[index];
    if (one === undefined) {
      inner.value = sum;
      return;
    }
    inner.push(new Then((value, again) => step(index + 1, value, again)));
    inner.apply(procedure, order(sum, one));
  };
  step(0, first, machine);
}

function errorOf(message: Value, irritants: readonly Value[]): Value {
  const made = condition('', irritants);
  made.values[0] = message;
  return made;
}
