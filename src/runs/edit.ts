import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Yaml from 'yaml';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import type { Paper } from '../kernel/paper.ts';
import { nearest, printable } from '../kernel/text.ts';
import { readDefinition } from '../native-workflow/index.ts';
import type { Effect, Reader } from '../operation/index.ts';
import type { FoundWorkflow } from '../workflow/index.ts';
import { workTreeFiles } from './files.ts';
import { rootOf } from './launch.ts';
import { findAll } from './sources.ts';
import { type Change, changeYaml } from './splice.ts';
import { TEMPLATE_NAMES, TEMPLATES, type TemplateName } from './workflow-templates.ts';

const require = createRequire(import.meta.url);
const FOLDER = '.bithub/workflows';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/;

export interface WorkflowList {
  readonly workflows: readonly (FoundWorkflow & { readonly source: string })[];
}

export async function listWorkflows(reader: Reader): Promise<WorkflowList> {
  return { workflows: await findAll(workTreeFiles(rootOf(reader))) };
}

export function renderWorkflows({ workflows }: WorkflowList, page: Paper): void {
  if (workflows.length === 0) page.line('no workflows here; write one with: bit workflow create');
  page.table(
    workflows.map(({ name, source, on, path, fault }) => [
      page.safe(name),
      source,
      page.safe(on.join(' ')),
      page.safe(fault === undefined ? path : `${page.style.red('broken')} ${fault}`),
    ]),
  );
}

export interface EditResult {
  readonly workflow: string;
  readonly path: string;
  /** Undefined where it was deleted. */
  readonly text: string | null;
}

function createWorkflow(
  reader: Reader,
  options: { readonly name: string; readonly template: TemplateName; readonly run: readonly string[] },
): Effect<EditResult> {
  const { name, template, run } = options;
  return createFile(reader, name, TEMPLATES[template](name, run));
}

/** Templates whose steps are commands of one's own. */
const TAKES_COMMANDS: ReadonlySet<TemplateName> = new Set(['empty', 'matrix']);
const MOST_ASKED = 100;

async function askCommands({ ask }: Reader): Promise<readonly string[]> {
  const commands: string[] = [];
  while (commands.length < MOST_ASKED) {
    const command = await ask.text(
      commands.length === 0 ? 'Command of its first step' : 'Next command (empty: none)',
    );
    if (command.trim() === '') break;
    commands.push(command);
  }
  return commands;
}

/**
 * A new workflow, asking at a terminal for what is not said.
 *
 * @throws BitError `usage` where it has no name and nobody can be asked
 */
export async function askWorkflow(
  reader: Reader,
  said: {
    readonly name: string | undefined;
    readonly template: TemplateName | undefined;
    readonly run: readonly string[] | undefined;
  },
): Promise<Effect<EditResult>> {
  const { ask } = reader;
  // who gives the name alone wants the rest as it is by default
  const asking = ask.possible && said.name === undefined;
  if (!asking && said.name === undefined)
    throw new BitError('usage', 'what is it to be called?', { hint: 'bit workflow create NAME' });
  const name = said.name ?? (await ask.text('Name of the workflow'));
  if (!NAME.test(name)) return createWorkflow(reader, { name, template: 'empty', run: [] });
  const chosen =
    said.template ??
    (asking && said.run === undefined ? await ask.choose('What to start from', TEMPLATE_NAMES) : 'empty');
  const template = TEMPLATE_NAMES.find((one) => one === chosen) ?? 'empty';
  const run = said.run ?? (asking && TAKES_COMMANDS.has(template) ? await askCommands(reader) : []);
  return createWorkflow(reader, { name, template, run });
}

export function createFile(reader: Reader, name: string, text: string): Effect<EditResult> {
  if (!NAME.test(name)) {
    throw new BitError('usage', `a workflow can't be called ${printable(name)}`, {
      hint: "letters, digits, '.', '_' and '-'",
    });
  }
  const path = `${FOLDER}/${name}.yml`;
  for (const taken of [path, `${FOLDER}/${name}.yaml`]) {
    if (existsSync(join(rootOf(reader), taken)))
      throw new BitError('conflict', `there is a workflow ${name} already: ${taken}`, {
        hint: `change it with: bit workflow modify ${name}`,
      });
  }
  return edit(reader, { name, path, text, verb: 'create', event: 'WORKFLOW_CREATE' });
}

/** Changes keys of a workflow; what stands around them, comments and order, stays as it is. */
export function modifyWorkflow(
  reader: Reader,
  options: { readonly name: string; readonly changes: readonly Change[] },
): Effect<EditResult> {
  const { path, text, name } = requireNative(reader, options.name);
  if (options.changes.length === 0)
    throw new BitError('usage', 'nothing to change', { hint: 'give --set KEY=VALUE or --unset KEY' });
  const changed = options.changes.reduce(changeYaml, text);
  return edit(reader, { name, path, text: changed, verb: 'change', event: 'WORKFLOW_MODIFY' });
}

/** Ties a workflow to what it runs on: an event, or the end of another workflow. */
export async function linkWorkflow(
  reader: Reader,
  options: { readonly name: string; readonly to: string },
): Promise<Effect<EditResult>> {
  const { name, path, text } = requireNative(reader, options.name);
  const all = (await findAll(workTreeFiles(rootOf(reader)))).map((one) => one.name);
  const { to } = options;
  const key = EVENTS.includes(to) ? [to] : all.includes(to) ? ['workflow', to] : undefined;
  if (key === undefined) {
    const near = nearest(to, [...EVENTS, ...all]);
    throw new BitError('not-found', `there is neither an event nor a workflow ${printable(to)}`, {
      hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `events: ${EVENTS.join(', ')}`,
    });
  }
  const events = eventsOf(text);
  const [event = to, other] = key;
  const known = events[event];
  const links = [known ?? []].flat().map(String);
  events[event] = other === undefined ? (known ?? {}) : [...new Set([...links, other])];
  const linked = changeYaml(text, { key: 'on', value: JSON.stringify(events) });
  return edit(reader, { name, path, text: linked, verb: `link to ${to}`, event: 'WORKFLOW_LINK' });
}

/** `on: push` and `on: [push]` as the map they stand for. */
function eventsOf(text: string): Record<string, unknown> {
  const { parse } = require('yaml') as typeof Yaml;
  const { on } = parse(text) as { on?: unknown };
  if (typeof on === 'string') return { [on]: {} };
  if (Array.isArray(on)) return Object.fromEntries(on.map((event) => [String(event), {}]));
  return { ...(on as object | undefined) };
}

const EVENTS: readonly string[] = [
  'commit',
  'push',
  'pull',
  'merge',
  'tag',
  'file',
  'ledger',
  'mesh',
  'webhook',
  'manual',
];

export function deleteWorkflow(reader: Reader, options: { readonly name: string }): Effect<EditResult> {
  const { name, path } = requireNative(reader, options.name);
  return {
    ...edit(reader, { name, path, text: undefined, verb: 'delete', event: 'WORKFLOW_DELETE' }),
    confirm: `Delete ${path}?`,
  };
}

function requireNative(reader: Reader, name: string): { name: string; path: string; text: string } {
  const files = workTreeFiles(rootOf(reader));
  const plain = name.replace(/^(\.\/)?\.bithub\/workflows\//, '').replace(/\.ya?ml$/, '');
  const names = files.list(FOLDER).filter((file) => /\.ya?ml$/.test(file));
  const file = names.find((candidate) => candidate.replace(/\.ya?ml$/, '') === plain);
  const text = file === undefined ? undefined : files.read(`${FOLDER}/${file}`);
  if (file !== undefined && text !== undefined) return { name: plain, path: `${FOLDER}/${file}`, text };
  const near = nearest(
    plain,
    names.map((one) => one.replace(/\.ya?ml$/, '')),
  );
  throw new BitError('not-found', `there is no workflow ${printable(name)} in ${FOLDER}`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : 'see them with: bit workflow list',
  });
}

interface Edit {
  readonly name: string;
  readonly path: string;
  /** Undefined deletes it. */
  readonly text: string | undefined;
  readonly verb: string;
  readonly event: string;
}

function edit(reader: Reader, { name, path, text, verb, event }: Edit): Effect<EditResult> {
  // what would be no workflow any more is refused before anything is written
  if (text !== undefined) readDefinition(text, path);
  const root = rootOf(reader);
  const file = join(root, path);
  const before = readTextIfExists(file);
  const lines = text === undefined ? [`delete ${path}`] : [`write ${path}`, ...changed(before ?? '', text)];
  return {
    summary: `${verb} workflow ${name}`,
    event,
    target: { workflow: name, path },
    plan: lines,
    touches: { refs: [], worktree: 'untracked' },
    async run() {
      if (readTextIfExists(file) !== before) {
        throw new BitError('changed', `${path} was changed meanwhile; nothing was written`);
      }
      if (text === undefined) rmSync(file);
      else writeFileAtomic(file, text);
      return { workflow: name, path, text: text ?? null };
    },
    record: (out) => ({ workflow: out.workflow, path: out.path }),
  };
}

/** The lines that go and come, for the plan. */
function changed(before: string, after: string): readonly string[] {
  const old = before.split('\n');
  const fresh = after.split('\n');
  const oldSet = new Set(old);
  const freshSet = new Set(fresh);
  return [
    ...old.filter((line) => !freshSet.has(line)).map((line) => `- ${line}`),
    ...fresh.filter((line) => !oldSet.has(line)).map((line) => `+ ${line}`),
  ].slice(0, 200);
}
