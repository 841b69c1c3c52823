/** Every command does the same from the hot bundle and through oclif whole: without this the two drift apart. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { root, type StartWorld, startWorld } from './bit.ts';

interface Listed {
  readonly commands: Readonly<
    Record<
      string,
      { readonly event?: string; readonly args: Readonly<Record<string, { readonly required?: boolean }>> }
    >
  >;
}

/** These ask a network or serve another program on standard input. */
const APART = /^(clone|fork|ext:install|track:filter)$/;

suite('hot and cold', (test) => {
  let world: StartWorld;
  test.before(() => {
    world = startWorld();
  });
  test.after(() => world.remove());

  test('every command, as far as it goes without changing anything, says the same both ways', async () => {
    const { commands } = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as Listed;
    // a key and a ledger, so that neither side is the one that makes them
    assert.is((await world.bit(['tag', 'new', 'first', '-m', 'x'])).code, 0);
    const lines = Object.entries(commands).flatMap(([id, { event, args }], at) => {
      if (id === 'help') return []; // is oclif's, both ways
      const words = id.split(':');
      const required = Object.values(args).filter((arg) => arg.required === true);
      const safe = event === undefined ? [] : ['--dry-run', '--no-input'];
      // what a flag nobody knows brings about is no single command's
      const wrong = at % 4 === 0 ? [[...words, '--no-such-flag']] : [];
      // by turns with what the command asks for and for people, and without and for programs
      const plainly = at % 2 === 0 ? required.map(() => 'main') : ['--json'];
      return [...wrong, ...(APART.test(id) ? [] : [[...words, ...plainly, ...safe]])];
    });
    assert.ok(lines.length > 100);
    const file = join(world.home, 'lines.json');
    writeFileSync(file, JSON.stringify(lines));
    const output = execFileSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'cold-side.ts'), file],
      {
        cwd: world.repository,
        env: world.env,
        encoding: 'utf8',
        maxBuffer: 64 << 20,
      },
    );
    const cold = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as {
      stdout: string;
      stderr: string;
      code: number;
    }[];
    const hot: typeof cold = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let at = next++; at < lines.length; at = next++) {
        const { stdout, stderr, code } = await world.bit(lines[at] ?? []);
        hot[at] = { stdout, stderr, code: code ?? -1 };
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
    const differing = lines.filter((_, at) => plain(hot[at]) !== plain(cold[at]));
    assert.equal(
      differing.map((words) => {
        const at = lines.indexOf(words);
        return { words, hot: hot[at], cold: cold[at] };
      }),
      [],
    );
    // and the lines are not all one and the same mistake
    assert.ok(cold.filter(({ code }) => code === 0).length > 20);
    assert.ok(new Set(cold.map(({ code }) => code)).size > 2);
  });
});

/** Without what differs from one moment to the next. */
function plain(outcome: object | undefined): string {
  return JSON.stringify(outcome)
    .replace(/\b[0-9a-hjkmnp-tv-z]{26}\b/gi, '<ulid>')
    .replace(/(input\\*":\\*"sha256:)[0-9a-f]{64}/g, '$1<digest>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\b\d+ (second|minute)s? ago/g, '<ago>')
    .replace(/"?(milliseconds|pid|took)\\?":\d+/g, '<number>')
    .replace(/\d+(\.\d+)? m?s\b/g, '<took>');
}
