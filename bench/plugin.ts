/** Two small plugins with one query each: one in the sandbox, one trusted. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bit, type Place } from './sides.ts';

const QUERY = `
import { Query } from '@bithub/cli';
export default class Here extends Query {
  static summary = 'Tell the branch.';
  async execute(reader) { return { ref: (await reader.git.head()).ref }; }
  render(out, page) { page.line(out.ref); }
}
`;

export function installPlugins(world: Place): void {
  for (const [name, ...trust] of [['sandboxed'], ['trusted', '--trust']] as const) {
    const directory = join(dirname(world.repository), name);
    mkdirSync(join(directory, 'commands', name), { recursive: true });
    writeFileSync(join(directory, 'commands', name, 'here.js'), QUERY);
    writeFileSync(
      join(directory, 'package.json'),
      JSON.stringify({
        name,
        version: '1.0.0',
        type: 'module',
        bit: { commands: 'commands', capabilities: ['git.read'] },
      }),
    );
    const [program = '', ...words] = [...bit, 'plugins', 'install', directory, '--yes', ...trust];
    execFileSync(program, words, { cwd: world.repository, env: world.env, stdio: 'pipe' });
  }
}
