import { COLLECTIONS } from './collections.ts';
import type { Builtin } from './define.ts';
import { ENCODING } from './encoding.ts';
import { JSON_BUILTINS } from './json.ts';
import { MATCHING } from './matching.ts';
import { NET } from './net.ts';
import { NUMBERS } from './numbers.ts';
import { OPERATORS } from './operators.ts';
import { SEMVER } from './semver.ts';
import { STRINGS } from './strings.ts';
import { TIME } from './time.ts';
import { TYPES } from './types.ts';
import { UNITS } from './units.ts';

/** Every builtin by its Rego name; operators under the names they stand for. */
export const BUILTINS: Readonly<Record<string, Builtin>> = {
  ...OPERATORS,
  ...NUMBERS,
  ...COLLECTIONS,
  ...STRINGS,
  ...MATCHING,
  ...TYPES,
  ...ENCODING,
  ...JSON_BUILTINS,
  ...TIME,
  ...SEMVER,
  ...NET,
  ...UNITS,
};
