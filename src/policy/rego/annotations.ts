/** Metadata of packages and rules: YAML in the comments that start with `# METADATA` and stand right before them. */
import { type Module, RegoError, type Rule, type Span } from './ast.ts';
import { BuiltinError } from './builtins/define.ts';
import { parseYaml } from './builtins/yaml.ts';
import { isArray, isObject, objectGet, type PlainObject, type Value } from './values.ts';

type Scope = 'rule' | 'document' | 'package' | 'subpackages';

export interface Annotation {
  readonly scope: Scope;
  readonly at: Span;
  /** The rule it stands before, or none where that is the package. */
  readonly rule: Rule | undefined;
  readonly value: PlainObject;
}

const SCOPES: ReadonlySet<string> = new Set(['rule', 'document', 'package', 'subpackages']);
const kept = new WeakMap<Module, readonly Annotation[]>();

/** @throws RegoError where the YAML is none, or says what metadata can't */
export function annotationsOf(module: Module): readonly Annotation[] {
  let found = kept.get(module);
  if (found === undefined) {
    found = blocksOf(module).map((block) => annotation(module, block));
    kept.set(module, found);
  }
  return found;
}

interface Block {
  readonly start: number;
  readonly end: number;
  readonly yaml: string;
}

function blocksOf({ file, comments }: Module): Block[] {
  const blocks: Block[] = [];
  let open: { start: number; end: number; lines: string[] } | undefined;
  const close = () => {
    if (open !== undefined) blocks.push({ start: open.start, end: open.end, yaml: open.lines.join('\n') });
    open = undefined;
  };
  for (const [start, end] of comments) {
    const text = file.text.slice(start, end);
    const follows = open !== undefined && /^\r?\n[ \t]*$/.test(file.text.slice(open.end, start));
    if (/^#[ \t]*METADATA[ \t\r]*$/.test(text)) {
      close();
      open = { start, end, lines: [] };
    } else if (open !== undefined && follows) {
      open.lines.push(text.replace(/^# ?/, '').replace(/\r$/, ''));
      open.end = end;
    } else close();
  }
  close();
  return blocks;
}

function annotation(module: Module, { start, end, yaml }: Block): Annotation {
  const at: Span = { file: module.file, start, end };
  const fault = (message: string) => new RegoError('rego_parse_error', message, at);
  const rule = module.packageAt.start > end ? undefined : module.rules.find((item) => item.at.start > end);
  let value: Value;
  try {
    value = parseYaml(yaml);
  } catch (error) {
    if (error instanceof BuiltinError) throw fault(error.message);
    throw error;
  }
  if (value === null || !isObject(value)) throw fault('expected METADATA block, found whitespace');
  if (rule === undefined && module.packageAt.start < end)
    throw fault('annotation scope must be applied to a rule or the package');
  const given = objectGet(value, 'scope') ?? (rule === undefined ? 'package' : 'rule');
  if (typeof given !== 'string' || !SCOPES.has(given)) throw fault(`invalid scope ${String(given)}`);
  const scope = given as Scope;
  if ((rule === undefined) !== (scope === 'package' || scope === 'subpackages'))
    throw fault(
      `annotation scope '${scope}' must be applied to ${rule === undefined ? 'a rule' : 'the package'}`,
    );
  return { scope, at, rule, value: { ...tidy(value as PlainObject), scope } };
}

function tidy(value: PlainObject): PlainObject {
  const listed = (name: string, each: (text: string) => Value) => {
    const list = value[name];
    if (!isArray(list)) return {};
    return { [name]: list.map((item) => (typeof item === 'string' ? each(item) : item)) };
  };
  return { ...value, ...listed('authors', author), ...listed('related_resources', (ref) => ({ ref })) };
}

/** `Name <address>`. */
function author(text: string): Value {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf('<');
  if (at < 0 || !trimmed.endsWith('>')) return { name: text };
  const name = trimmed.slice(0, at).trimEnd();
  const email = trimmed.slice(at + 1, -1);
  return name === '' ? { email } : { name, email };
}

function rulePath(module: Module, rule: Rule): Value[] {
  const constants: Value[] = [];
  for (const part of rule.path) {
    if (part.kind !== 'const') break;
    constants.push(part.value);
  }
  return [...module.package, ...constants];
}

/** The annotations of the rule itself, joined; none is the empty object. */
export function ruleMetadata(rule: Rule, modules: readonly Module[]): Value {
  const own = modules
    .flatMap(annotationsOf)
    .filter((item) => item.scope === 'rule' && item.rule === rule)
    .map(({ value }) => value);
  return Object.assign({}, ...own) as PlainObject;
}

/** What says something of the rule, from the rule itself outwards. */
export function metadataChain(rule: Rule, modules: readonly Module[]): Value {
  const home = modules.find(({ rules }) => rules.includes(rule));
  if (home === undefined) return [];
  const path = rulePath(home, rule);
  const key = path.join('\0');
  const all = modules.flatMap((module) => annotationsOf(module).map((item) => ({ module, item })));
  const own = all.filter(({ item }) => item.scope === 'rule' && item.rule === rule);
  const chain: Value[] = own
    .sort((a, b) => b.item.at.start - a.item.at.start)
    .map(({ item }) => ({ annotations: item.value, path }));
  if (chain.length === 0) chain.push({ path });
  for (const { module, item } of all) {
    if (
      item.scope === 'document' &&
      item.rule !== undefined &&
      rulePath(module, item.rule).join('\0') === key
    )
      chain.push({ annotations: item.value, path });
  }
  const inPackage = (scope: Scope, names: readonly string[]) => {
    for (const { module, item } of all)
      if (item.scope === scope && module.package.join('\0') === names.join('\0'))
        chain.push({ annotations: item.value, path: [...names] });
  };
  inPackage('package', home.package);
  for (let size = home.package.length; size > 0; size--)
    inPackage('subpackages', home.package.slice(0, size));
  return chain;
}
