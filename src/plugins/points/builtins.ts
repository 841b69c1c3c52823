/** Policy builtins of plugins: pure functions that policies call as `plugin.<package>.<name>`. */
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type Json } from '../../kernel/json.ts';
import { printable, shorten } from '../../kernel/text.ts';
import { BUILTIN_TYPES, type BuiltinType } from '../../policy/index.ts';
import { checkItems, described, type PointKind } from './point.ts';

/** A function policies can call. */
export interface PolicyBuiltin {
  readonly name: string;
  readonly description: string;
  /** What it takes, in order. */
  readonly args: readonly { readonly name: string; readonly type: BuiltinType }[];
  readonly result: BuiltinType;
  /**
   * The same answer for the same arguments, whenever and wherever it is asked: it has no clock, no chance, no network and
   * no files. What it throws denies.
   */
  call(...args: readonly Json[]): Json;
}

const MOST_ARGS = 10;
const ARG = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

export const builtinPoint: PointKind<PolicyBuiltin> = {
  what: 'builtin',
  check(value, where) {
    const at = { where, point: 'builtins', what: 'builtin', texts: ['description'], functions: ['call'] };
    const builtins = checkItems<PolicyBuiltin>(value, at);
    for (const { name, args, result } of builtins) {
      const wrong = (why: string): BitError =>
        new BitError('usage', `${where}: ${name} is no builtin: ${why}`, {
          hint: `types: ${BUILTIN_TYPES.join(', ')}`,
        });
      if (!Array.isArray(args) || args.length > MOST_ARGS)
        throw wrong(`args must be a list of at most ${MOST_ARGS}`);
      for (const arg of args as unknown[]) {
        const { name: called, type } = isJsonObject(arg) ? arg : {};
        if (typeof called !== 'string' || !ARG.test(called)) throw wrong('an argument has no name');
        if (!isType(type)) throw wrong(`the argument ${called} has no type there is`);
      }
      if (!isType(result)) throw wrong(`result is no type there is: ${printable(shorten(String(result)))}`);
    }
    return builtins;
  },
  describe: ({ name, description, args, result }) =>
    described(name, description, {
      args: args.map(({ name: called, type }) => ({ name: called, type })),
      result,
    }),
  async invoke({ name }) {
    throw new BitError('unsupported', `${name} is asked by policies`);
  },
};

export function isType(value: unknown): value is BuiltinType {
  return BUILTIN_TYPES.some((type) => type === value);
}
