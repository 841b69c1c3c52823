/** yaml.*: YAML 1.1 as Go reads it for JSON (`yes` is true, dates stay text), by the project's own YAML library. */
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import { jsonText, toJson } from '../text.ts';
import { normalNumber, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';

const MOST_TEXT = 1 << 20;
const MOST_ALIASES = 100;
const MOST_DEPTH = 200;

let loaded: typeof Yaml | undefined;
function library(): typeof Yaml {
  loaded ??= createRequire(import.meta.url)('yaml') as typeof Yaml;
  return loaded;
}

export function parseYaml(text: string): Value {
  if (text.length > MOST_TEXT) throw new BuiltinError('yaml: the document is too large');
  const documents = library().parseAllDocuments(text, {
    version: '1.1',
    intAsBigInt: true,
    merge: true,
    prettyErrors: false,
    // its warnings would go to the process, past whoever asked
    logLevel: 'error',
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || !/timestamp|binary|omap|pairs|set$/.test(tag.tag)),
  });
  const [document] = documents;
  if (document === undefined) return null;
  if (!('errors' in document)) return null;
  const [fault] = document.errors;
  if (fault !== undefined) throw new BuiltinError(`yaml: ${fault.message.slice(0, 200)}`);
  try {
    return plain(document.toJS({ maxAliasCount: MOST_ALIASES }), 0);
  } catch (error) {
    // More aliases than allowed, or one of nothing.
    if (error instanceof ReferenceError) throw new BuiltinError(`yaml: ${error.message.slice(0, 200)}`);
    throw error;
  }
}

function plain(value: unknown, depth: number): Value {
  if (depth > MOST_DEPTH) throw new BuiltinError('yaml: nests too deeply');
  if (typeof value === 'bigint') return normalNumber(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new BuiltinError('yaml: a number JSON has no form for');
    return normalNumber(value);
  }
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, depth + 1)]));
}

function unmarshal(o: Operands): Value {
  const text = o.string(0);
  o.tick(1000 + text.length);
  return parseYaml(text);
}

function isValid(o: Operands): Value {
  if (typeof o.value(0) !== 'string') return false;
  try {
    unmarshal(o);
    return true;
  } catch (error) {
    if (error instanceof BuiltinError) return false;
    throw error;
  }
}

function marshal(o: Operands): Value {
  o.output(jsonText(o.value(0)).length);
  const options = { version: '1.1', indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false } as const;
  return library().stringify(toJson(o.value(0)), options);
}

export const YAML = builtins({
  'yaml.is_valid': [1, isValid],
  'yaml.marshal': [1, marshal],
  'yaml.unmarshal': [1, unmarshal],
});
