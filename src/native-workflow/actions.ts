import { globSync, lstatSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { StepTools } from '../workflow/index.ts';

/** What `uses` of a native step may name; GitHub's own names for the same are taken too. */
export type NativeAction = (tools: StepTools, given: Readonly<Record<string, string>>) => Promise<void>;

export const ACTIONS: Readonly<Record<string, NativeAction>> = {
  checkout: async (tools) => tools.log(`the work tree is ${tools.state.workspace}, as it stands`),
  'setup-node': setupNode,
  'upload-artifact': upload,
  'download-artifact': download,
};

const GITHUBS = /^actions\/([a-z-]+)@[\w.-]+$/;

/** Name of the action meant, or undefined where there is none of it here. */
export function actionNamed(uses: string): string | undefined {
  const name = GITHUBS.exec(uses)?.[1] ?? uses;
  return Object.hasOwn(ACTIONS, name) ? name : undefined;
}

async function setupNode(tools: StepTools, given: Readonly<Record<string, string>>): Promise<void> {
  const wanted = (given['node-version'] ?? '').replace(/^v/, '').split('.')[0] ?? '';
  const exit = await tools.exec({
    argv: ['node', '-e', SHOW_NODE, wanted],
    env: {},
    files: {},
  });
  if (exit === 0) return;
  throw new BitError('missing-tool', wanted === '' ? 'there is no node' : `there is no node ${wanted}`, {
    hint: `put node ${wanted} first on the path`,
  });
}

const SHOW_NODE =
  'const [wanted] = process.argv.slice(1); const own = process.versions.node; console.log("node " + own); ' +
  'if (/^[0-9]+$/.test(wanted ?? "") && wanted !== own.split(".")[0]) process.exit(1)';

async function upload(tools: StepTools, given: Readonly<Record<string, string>>): Promise<void> {
  const { workspace } = tools.state;
  const patterns = (given['path'] ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (patterns.length === 0) throw new BitError('failed', 'upload-artifact needs a path');
  const found = new Set<string>();
  for (const pattern of patterns) for (const path of matching(workspace, pattern)) found.add(path);
  const name = given['name'] ?? 'artifact';
  if (found.size === 0) {
    const how = given['if-no-files-found'] ?? 'warn';
    const message = `no file matches ${patterns.join(', ')}`;
    if (how === 'error') throw new BitError('failed', message);
    if (how === 'warn') tools.annotate({ level: 'warning', message });
    return;
  }
  const root = common([...found], workspace);
  const files = [...found].map((from) => ({ from, path: relative(root, from).split(sep).join('/') }));
  const replace = given['overwrite'] === 'true' || given['replace'] === 'true';
  const days = Number(given['retention-days'] ?? '0');
  if (!Number.isInteger(days) || days < 0)
    throw new BitError('usage', `retention-days is a number of days, and no ${given['retention-days']}`);
  const artifact = await tools.artifacts.put(name, files, {
    replace,
    ...(days > 0 ? { retentionDays: days } : {}),
  });
  tools.output('artifact-digest', artifact.digest);
  tools.log(`stored ${artifact.files.length} files, ${artifact.size} bytes, as ${printable(name)}`);
}

function matching(workspace: string, pattern: string): string[] {
  const inside = (path: string): boolean => path === workspace || path.startsWith(workspace + sep);
  const direct = resolve(workspace, pattern);
  const facts = lstatSync(direct, { throwIfNoEntry: false });
  if (!inside(direct)) throw new BitError('failed', `${printable(pattern)} leads out of the workspace`);
  if (facts?.isFile() === true) return [direct];
  const glob = facts?.isDirectory() === true ? `${pattern.replace(/\/+$/, '')}/**` : pattern;
  return globSync(glob, { cwd: workspace, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.git')
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => inside(path) && !path.startsWith(join(workspace, '.git') + sep));
}

/** The deepest folder that holds all of them. */
function common(paths: readonly string[], workspace: string): string {
  const [first = workspace, ...rest] = paths.map((path) => path.split(sep).slice(0, -1));
  if (typeof first === 'string') return workspace;
  let shared: readonly string[] = first;
  for (const parts of rest) {
    let at = 0;
    while (at < shared.length && shared[at] === parts[at]) at++;
    shared = shared.slice(0, at);
  }
  return shared.join(sep) || sep;
}

async function download(tools: StepTools, given: Readonly<Record<string, string>>): Promise<void> {
  const { workspace } = tools.state;
  const target = resolve(workspace, given['path'] ?? '.');
  if (target !== workspace && !target.startsWith(workspace + sep))
    throw new BitError('failed', `${printable(given['path'] ?? '')} leads out of the workspace`);
  const { name } = given;
  const names = name === undefined ? tools.artifacts.list().map((artifact) => artifact.name) : [name];
  for (const one of names) {
    const artifact = await tools.artifacts.get(one, name === undefined ? join(target, one) : target);
    tools.log(`took ${artifact.files.length} files of ${printable(one)}`);
  }
  tools.output('download-path', target);
}
