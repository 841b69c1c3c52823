/** Plugins for tests: folders with a package.json and a few modules. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { withHost } from '../../src/cli/host.ts';
import { openExtensions } from '../../src/cli/plugin-extensions.ts';
import { sandboxProgram } from '../../src/cli/plugin-program.ts';
import type { Reader } from '../../src/operation/index.ts';
import type { SandboxProgram } from '../../src/plugins/index.ts';
import { commandTable, INSTALLATION, type World } from '../world.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

/** The child as it is started here; what `bit` may read there. */
export const PROGRAM: SandboxProgram = sandboxProgram(INSTALLATION);

export type Files = Readonly<Record<string, string>>;

/** Writes a plugin's folder and returns its path. */
export function writePlugin(directory: string, manifest: object, files: Files): string {
  const all = { 'package.json': JSON.stringify({ type: 'module', version: '1.0.0', ...manifest }), ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

/** The same as the archive `npm pack` would make of it, which costs npm's start; returns its path. */
export function packPlugin(directory: string, manifest: object, files: Files): string {
  writePlugin(directory, manifest, files);
  const file = `${directory}.tgz`;
  create(
    { gzip: true, file, cwd: directory, prefix: 'package', portable: true, sync: true },
    readdirSync(directory),
  );
  return file;
}

export const HELLO = `
import { Args, Flags, Query } from '@bithub/cli';
export default class Hello extends Query {
  static summary = 'Say hello.';
  static args = { who: Args.string({ description: 'Whom.', default: 'world' }) };
  static flags = { loud: Flags.boolean({ description: 'Shout.' }) };
  async execute(reader, { args, flags }) {
    const head = await reader.git.head();
    const text = 'hello ' + args.who;
    return { text: flags.loud ? text.toUpperCase() : text, ref: head.ref, pid: process.pid };
  }
  render(out, page) { page.line(out.text); page.line(out.ref); }
}
`;

export const MARK = `
import { Args, action } from '@bithub/cli';
export default class Mark extends action({ action: 'greet.mark', event: 'GREET_MARK' }) {
  static summary = 'Mark HEAD with a branch.';
  static args = { name: Args.string({ required: true, description: 'Its name.' }) };
  async effect(reader, { args }) {
    const head = await reader.git.head();
    const ref = 'refs/heads/' + args.name;
    return {
      summary: 'mark ' + args.name, target: { branch: args.name }, plan: ['make branch ' + args.name],
      touches: { refs: [ref] },
      async run(writer) { await writer.git.createBranch(args.name, head.oid); return { name: args.name, operation: writer.operation }; },
      record: (out) => ({ name: out.name }),
    };
  }
  render(out, page) { page.line('marked ' + out.name); }
}
`;

export const GREET = {
  name: 'bit-plugin-greet',
  description: 'Greets.',
  bit: { api: 1, commands: 'commands', capabilities: ['git.read', 'git.write', 'action:greet.mark'] },
};
export const GREET_FILES: Files = {
  'commands/greet/hello.js': HELLO,
  'commands/greet/mark.js': MARK,
};

/** Writes the greeter beside the repository of `world`. */
export function writeGreeter(world: World): string {
  return writePlugin(join(world.root, 'greeter'), GREET, GREET_FILES);
}

/** The same as an archive. */
export function packGreeter(world: World): string {
  return packPlugin(join(world.root, 'greeter'), GREET, GREET_FILES);
}

/** Installs a plugin `bad` whose commands `bad <name>` are these modules. */
export async function installBad(
  world: World,
  modules: Files,
  capabilities: readonly string[] = [],
): Promise<void> {
  const directory = packPlugin(
    join(world.root, `bad-${capabilities.length}`),
    { name: 'bad', bit: { commands: 'commands', capabilities } },
    Object.fromEntries(Object.entries(modules).map(([name, text]) => [`commands/bad/${name}.js`, text])),
  );
  const run = await world.bit('plugins', 'install', directory, '--yes');
  if (run.code !== 0) throw new Error(run.stderr);
}

/** The ledger's entries about one event, oldest first. */
export async function entriesOf(
  world: World,
  event: string,
): Promise<readonly { event: string; phase: string; op: string; seq: number }[]> {
  const { stdout } = await world.bit('log', 'audit', '--event', event, '--json');
  const { items } = JSON.parse(stdout) as {
    items: { kind: string; event: string; phase: string; op: string; seq: number }[];
  };
  return items.filter((item) => item.kind === 'entry').sort((a, b) => a.seq - b.seq);
}

/** What a domain asks for extensions: a reader of this place. */
export async function withExtensions(
  place: World,
  work: (reader: Pick<Reader, 'extensions' | 'signal'>) => Promise<void>,
): Promise<void> {
  const installation = { ...INSTALLATION, table: commandTable() };
  const [userDirectory, configDirectory] = [
    join(place.root, 'data', 'bit'),
    join(place.root, 'config', 'bit'),
  ];
  const { signal } = new AbortController();
  await withHost({ installation }, () =>
    work({
      extensions: async () => openExtensions({ env: place.env, userDirectory, configDirectory }),
      signal,
    }),
  );
}
