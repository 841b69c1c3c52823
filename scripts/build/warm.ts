/**
 * Runs the commands people start most, in a repository of its own. Its last line says what came of it.
 *
 *     node scripts/build/warm.ts modules <file> <query|action>   which modules of the whole bundle they reach
 *     node scripts/build/warm.ts cache <directory>               keeps what V8 compiled of each chunk; the size
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
const bundle = require('../../bin/bundle.js') as {
  load(directory: string, index: { chunks: Record<string, string> }): { exports: Hot; write(): number };
  runCode(source: string, filename: string): Hot;
};

const [mode = '', place = '', group = ''] = process.argv.slice(2);
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

const program = process.argv.slice(0, 2);

async function run(hot: Hot, commands: readonly (readonly string[])[]): Promise<void> {
  for (const [at, words] of commands.entries()) {
    writeFileSync('file.txt', `${at}\n`);
    process.argv = [...program, ...words];
    delete (globalThis as Record<symbol, unknown>)[Symbol.for('bithub.cli.host/1')];
    await hot.start(async () => undefined);
  }
}

let last: string;
if (mode === 'cache') {
  const index = JSON.parse(readFileSync(join(place, 'hot.json'), 'utf8')) as {
    chunks: Record<string, string>;
  };
  const hot = bundle.load(place, index);
  for (const commands of Object.values(COMMANDS)) await run(hot.exports, commands);
  last = String(hot.write());
} else {
  await run(bundle.runCode(readFileSync(place, 'latin1'), place), COMMANDS[group] ?? []);
  last = JSON.stringify([...((globalThis as { __bitRan?: Set<string> }).__bitRan ?? [])]);
}
process.chdir(tmpdir());
process.exitCode = 0;
process.stdout.write(`\n${last}\n`);
