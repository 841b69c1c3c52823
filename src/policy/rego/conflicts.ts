/** Names that can't stand beside each other: rules and packages at one place, imports of one name, what v1 gave up. */
import { type Import, type Module, RegoError, type Rule } from './ast.ts';
import type { TreeNode } from './tree.ts';

/** Builtins v1 no longer has; v0 has them still. */
export const DEPRECATED: ReadonlySet<string> = new Set(
  'any all re_match net.cidr_overlap set_diff cast_array cast_set cast_string cast_boolean cast_null cast_object'.split(
    ' ',
  ),
);

/** @throws RegoError */
export function checkImports({ imports, version }: Module): void {
  if (version !== 'v1') return;
  const seen = new Map<string, Import>();
  for (const item of imports) {
    const before = seen.get(item.alias);
    if (before !== undefined) {
      const message = `import must not shadow import ${before.path.join('.')}`;
      throw new RegoError('rego_compile_error', message, item.at);
    }
    seen.set(item.alias, item);
  }
}

/** @throws RegoError */
export function checkName(rule: Rule, version: Module['version']): void {
  const [first] = rule.path;
  const name = first?.kind === 'const' ? first.value : undefined;
  if (version === 'v1' && (name === 'input' || name === 'data')) {
    const message = `rules must not shadow ${name} (use a different rule name)`;
    throw new RegoError('rego_compile_error', message, rule.at);
  }
}

/** @throws RegoError where a package is at, or below, a rule */
export function checkPackage(module: Module, root: TreeNode): void {
  let node: TreeNode | undefined = root;
  for (const name of module.package) {
    node = node?.children.get(name);
    if (node?.group !== undefined) {
      const message = `package ${module.package.join('.')} conflicts with rule ${node.group.name}`;
      throw new RegoError('rego_type_error', message, module.packageAt);
    }
  }
}

/** @throws RegoError where rules lie below a rule that has one value, or below a function */
export function checkBelow(node: TreeNode): void {
  const { group } = node;
  if (group === undefined || node.children.size === 0) return;
  if (group.kind !== 'complete' && group.kind !== 'function') return;
  const below = [...node.children.keys()].map((name) => `${group.name}.${name}`).join(', ');
  throw new RegoError('rego_type_error', `rule ${group.name} conflicts with [${below}]`, group.at);
}
