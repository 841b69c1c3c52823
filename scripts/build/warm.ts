/**
 * Makes the code cache of a bundle: runs the commands people start most, in a repository of its own, and keeps what V8
 * compiled of them. Prints the size.
 *
 *     node scripts/build/warm.ts <directory of the bundle> <query|action>
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMMANDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  query: [
    ['--version'],
    ['branch', 'list'],
    ['branch', 'list', '--json'],
    ['status'],
    ['log', '-n', '3'],
    ['diff'],
    ['branch', 'lst'],
  ],
  action: [
    ['commit', '-m', 'warm', '--stage', '*'],
    ['branch', 'new', 'warm'],
    ['tag', 'new', 'warm'],
    ['branch', 'delete', 'no-such', '--json'],
  ],
};

interface Hot {
  readonly start: (cold: () => Promise<void>) => Promise<void>;
}

const require = createRequire(import.meta.url);
const { cacheName, encode, load } = require('../../bin/bundle.js') as {
  cacheName(hash: string, group: string): string;
  encode(data: Buffer, runs: number): Buffer;
  load(
    directory: string,
    index: { hash: string },
    argv: readonly string[],
  ): { exports: Hot; script: { createCachedData(): Buffer } };
};

const [directory = '', group = ''] = process.argv.slice(2);
const index = JSON.parse(readFileSync(join(directory, 'hot.json'), 'utf8')) as { hash: string };
const home = mkdtempSync(join(tmpdir(), 'bit-warm-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));
for (const name of Object.keys(process.env)) if (/^(GIT_|BIT_|XDG_)/.test(name)) delete process.env[name];
const settings = {
  HOME: home,
  USERPROFILE: home,
  LOCALAPPDATA: home,
  APPDATA: home,
  GIT_CONFIG_NOSYSTEM: '1',
  NO_COLOR: '1',
};
const identity = {
  GIT_AUTHOR_NAME: 'Warm',
  GIT_AUTHOR_EMAIL: 'warm@localhost',
  GIT_COMMITTER_NAME: 'Warm',
  GIT_COMMITTER_EMAIL: 'warm@localhost',
};
Object.assign(process.env, settings, identity);

const repository = join(home, 'repository');
execFileSync('git', ['init', '-q', '-b', 'main', repository]);
process.chdir(repository);
execFileSync('git', ['commit', '-q', '--allow-empty', '-m', 'first']);

const hot = load(directory, index, []);
const program = process.argv.slice(0, 2);
const silent = ((_text: unknown, done?: unknown, last?: unknown) => {
  for (const callback of [done, last])
    if (typeof callback === 'function') queueMicrotask(() => callback(null));
  return true;
}) as never;
const { stdout, stderr } = process;
const [writeOut, writeErr] = [stdout.write, stderr.write];
stdout.write = silent;
stderr.write = silent;
for (const [at, words] of (COMMANDS[group] ?? []).entries()) {
  writeFileSync('file.txt', `${at}\n`);
  process.argv = [...program, ...words];
  delete (globalThis as Record<symbol, unknown>)[Symbol.for('bithub.cli.host/1')];
  await hot.exports.start(async () => undefined);
}
stdout.write = writeOut;
stderr.write = writeErr;
const data = hot.script.createCachedData();
writeFileSync(join(directory, cacheName(index.hash, group)), encode(data, 0));
process.chdir(tmpdir());
process.exitCode = 0;
stdout.write(`${data.length}\n`);
