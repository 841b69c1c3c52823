/** What each action gives policies as `input.target`: for the checks of policies, and in the published schema of `input`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API } from 'typescript/unstable/sync';
import type { Entry } from './manifest.ts';
import { collectTargets } from './targets/collect.ts';
import { closed, merged, type Schema } from './targets/schema.ts';

const TEXT: Schema = { type: 'string' };

/** What `bit` itself adds: the operation that is taken back, and what an argument of that name names. */
const NAMED = ['workflow', 'bucket'];

export function targetSchemas(root: string, entries: readonly Entry[]): Readonly<Record<string, Schema>> {
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProject: join(root, 'tsconfig.check.json') }).getProjects();
    if (project === undefined) throw new Error('there is no tsconfig.check.json');
    const { actions, open } = collectTargets(project, root);
    if (open.length > 0)
      throw new Error(
        `policies can't know the members of the targets in ${open.join(', ')}: give them a type that names them, no JsonObject`,
      );
    const acting = entries.filter(({ action }) => action !== undefined);
    for (const { action = '', id } of acting)
      if (!actions.has(action)) throw new Error(`no effect was found for ${action}, which ${id} asks as`);
    const all = [...actions].map(([action, schema]): [string, Schema] => {
      const own = acting.filter((entry) => entry.action === action);
      const named = NAMED.filter((name) => own.some(({ args, flags }) => name in args || name in flags));
      const added = closed(Object.fromEntries([...named, 'undoes'].map((name) => [name, TEXT])));
      // git's verbs are actions of their own: git.rebase
      return [action.includes('.') ? action : `${action}.*`, merged(schema, added)];
    });
    const whole = all.map(([action, schema]): [string, Schema] => {
      const [, any] = all.find(([pattern]) => pattern === `${action.split('.')[0]}.*`) ?? [];
      return [action, any === undefined ? schema : merged(schema, any)];
    });
    return Object.fromEntries(whole.sort(([a], [b]) => (a < b ? -1 : 1)));
  } finally {
    api.close();
  }
}

export function writeTargets(root: string, entries: readonly Entry[]): void {
  const targets = targetSchemas(root, entries);
  writeFileSync(join(root, 'policy-targets.json'), `${printed(targets)}\n`);
  const path = join(root, 'docs', 'schema', 'policy-input-v1.json');
  const published = JSON.parse(readFileSync(path, 'utf8')) as object;
  const allOf = Object.keys(targets).map((action) => ({
    if: { properties: { action: named(action, Object.keys(targets)) } },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: { properties: { target: { $ref: `#/$defs/targets/${action}` } } },
  }));
  writeFileSync(path, `${printed({ ...published, allOf, $defs: { targets } })}\n`);
}

/** That action, or for `git.*` every one that begins so and has no schema of its own. */
function named(action: string, all: readonly string[]): object {
  if (!action.endsWith('.*')) return { const: action };
  const topic = action.slice(0, -1);
  const own = all.filter((other) => other !== action && other.startsWith(topic));
  return { type: 'string', pattern: `^${topic.replaceAll('.', '\\.')}`, not: { enum: own } };
}

/** JSON with what is short on a line of its own. */
function printed(value: unknown, indent = ''): string {
  const short = JSON.stringify(value);
  if (typeof value !== 'object' || value === null || indent.length + short.length <= 118) return short;
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => printed(item, inner))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${printed(item, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${items.map((item) => inner + item).join(',\n')}\n${indent}${close}`;
}
