/** Scaffolds that build, test and install as they stand. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { Effect, Reader } from '../../operation/index.ts';
import { API_VERSION, isPluginName } from '../manifest.ts';
import { functionScaffold } from './function.ts';
import { macroScaffold } from './macro.ts';
import { pluginScaffold } from './plugin.ts';

interface ScaffoldNames {
  /** Of the package. */
  readonly name: string;
  /** Its last part: folder, command, step. */
  readonly base: string;
}

export interface Scaffold {
  /** `bit` of package.json, but for `api`. */
  readonly bit: JsonObject;
  /** Policy actions it performs, to be granted. */
  actions?(names: ScaffoldNames): readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  files(names: ScaffoldNames): Readonly<Record<string, string>>;
}

const SCAFFOLDS = { function: functionScaffold, macro: macroScaffold, plugin: pluginScaffold } as const;

export type ScaffoldKind = keyof typeof SCAFFOLDS;
export const SCAFFOLD_KINDS = Object.keys(SCAFFOLDS) as readonly ScaffoldKind[];

export interface CreatedExtension {
  readonly kind: ScaffoldKind;
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  /** Relative to it. */
  readonly files: readonly string[];
}

export interface CreateRequest {
  readonly kind: ScaffoldKind;
  /** Of the package, as typed. */
  readonly name: string;
  /** As typed; default the name's last part. */
  readonly directory: string | undefined;
  /** The command of `bit`'s own that an id would shadow. */
  readonly taken: (id: string) => string | undefined;
}

const BASE = /^[a-z][a-z0-9-]{0,39}$/;

/** @throws BitError `usage` for a name no package or command can have, `conflict` for a folder that holds something */
export function createExtension(reader: Reader, request: CreateRequest): Effect<CreatedExtension> {
  const { kind, name } = request;
  const base = name.replace(/^.*\//, '');
  if (!isPluginName(name) || !BASE.test(base))
    throw new BitError('usage', `${printable(shorten(name))} is no name for it`, {
      hint: 'lower-case letters, digits and dashes, as my-plugin or @acme/my-plugin',
    });
  const scaffold: Scaffold = SCAFFOLDS[kind];
  const taken = kind === 'function' ? undefined : request.taken(base);
  if (taken !== undefined)
    throw new BitError('usage', `bit ${base} is bit's own: no ${kind} can be called that`, {
      hint: 'another name, as it is the name of its command',
    });
  const directory = resolve(reader.cwd, request.directory ?? base);
  const names = { name, base };
  const contents = { 'package.json': manifestText(scaffold, names, kind), ...scaffold.files(names) };
  const files = Object.keys(contents);
  const there = files.find((file) => existsSync(join(directory, file)));
  if (there !== undefined)
    throw new BitError(
      'conflict',
      `${printable(join(directory, there))} is there already; nothing was written`,
      {
        hint: 'another name, or another folder: --into',
      },
    );
  return {
    summary: `create ${kind} ${name}`,
    target: { kind, name, directory, files },
    plan: files.map((file) => `write ${join(directory, file)}`),
    touches: { refs: [], files: files.map((file) => join(directory, file)) },
    async run() {
      for (const [file, text] of Object.entries(contents)) {
        const path = join(directory, file);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text, { flag: 'wx' });
      }
      return { kind, name, directory, files };
    },
    record: (out) => ({ kind: out.kind, name: out.name, files: [...out.files] }),
  };
}

function manifestText(scaffold: Scaffold, names: ScaffoldNames, kind: ScaffoldKind): string {
  const { capabilities = [], ...bit } = scaffold.bit as JsonObject & { capabilities?: readonly string[] };
  const actions = scaffold.actions?.(names).map((action) => `action:${action}`) ?? [];
  const manifest = {
    name: names.name,
    version: '0.1.0',
    description: `A ${kind} of bit.`,
    type: 'module',
    bit: { api: API_VERSION, ...bit, capabilities: [...capabilities, ...actions] },
    scripts: scaffold.scripts,
    peerDependencies: { '@bithub/cli': '>=0.1.0' },
    peerDependenciesMeta: { '@bithub/cli': { optional: true } },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
