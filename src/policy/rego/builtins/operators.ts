import { compare, equal } from '../values.ts';
import { builtins } from './define.ts';

/** Comparisons by name, for those who call them so; written as operators they are compiled in place. */
export const OPERATORS = builtins({
  equal: [2, (o) => equal(o.value(0), o.value(1))],
  neq: [2, (o) => !equal(o.value(0), o.value(1))],
  lt: [2, (o) => compare(o.value(0), o.value(1)) < 0],
  lte: [2, (o) => compare(o.value(0), o.value(1)) <= 0],
  gt: [2, (o) => compare(o.value(0), o.value(1)) > 0],
  gte: [2, (o) => compare(o.value(0), o.value(1)) >= 0],
});
