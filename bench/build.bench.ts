/** Row "unchanged build": `bit build incremental` with nothing changed against turbo on the same tree of 50 packages. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './row.ts';
import { alternate, bit, nodeVersion, type Place, place, root } from './sides.ts';

const PACKAGES = 50;
const FILES_EACH = 20;
/** The daemon off: it would be at work beside the other side too. Its remote cache is off where nobody logs in. */
const TURBO = [
  join(root, 'node_modules', '.bin', 'turbo'),
  'run',
  'build',
  '--no-daemon',
  '--output-logs=none',
];

export function run(): Row[] {
  const world = place();
  try {
    lay(world);
    const env = { ...world.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', NO_COLOR: '1' };
    const there = { ...world, env };
    const name = `unchanged build of ${PACKAGES} packages`;
    const ours = { words: [...bit, 'build', 'incremental', '--quiet'] };
    start(there, ours.words);
    if (!existsSync(TURBO[0] ?? '')) {
      const [alone] = alternate([ours], there, 20);
      return [
        { name, value: alone?.wall ?? Number.NaN, unit: 'ms', goal: '≤ 0.8', peer: 'turbo: not installed' },
      ];
    }
    start(there, TURBO);
    const [own, turbo] = alternate([ours, { words: TURBO }], there, 20);
    if (own === undefined || turbo === undefined) return [];
    const version = spawnSync(TURBO[0] ?? '', ['--version'], { encoding: 'utf8', env }).stdout.trim();
    const peer = `turbo ${version} (${turbo.wall.toFixed(0)} ms), ${nodeVersion}`;
    return [
      { name, ratio: own.wall / turbo.wall, value: own.wall, unit: 'ms', goal: '≤ 0.8', peer },
      {
        name: `${name} (processor time)`,
        ratio: own.cpu / turbo.cpu,
        value: own.cpu,
        unit: 'ms',
        goal: 'told beside',
        peer,
      },
    ];
  } finally {
    world.remove();
  }
}

function start({ repository, env }: Place, [program = '', ...args]: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { cwd: repository, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
}

/** Packages that depend on the two before them, each with sources and a script that makes one file of them. */
function lay(world: Place): void {
  const write = (path: string, text: string): void => writeFileSync(join(world.repository, path), text);
  write(
    'package.json',
    JSON.stringify({ name: 'tree', private: true, packageManager: 'npm@11.0.0', workspaces: ['packages/*'] }),
  );
  write(
    'package-lock.json',
    JSON.stringify({ name: 'tree', lockfileVersion: 3, requires: true, packages: {} }),
  );
  write('turbo.json', JSON.stringify({ tasks: { build: { dependsOn: ['^build'], outputs: ['dist/**'] } } }));
  write('.gitignore', 'dist\n.turbo\nnode_modules\n');
  for (let n = 0; n < PACKAGES; n++) {
    const folder = `packages/p${n}`;
    mkdirSync(join(world.repository, folder, 'src'), { recursive: true });
    const needs = [n - 1, n - 2].filter((other) => other >= 0);
    write(
      `${folder}/package.json`,
      JSON.stringify({
        name: `@tree/p${n}`,
        version: '1.0.0',
        scripts: { build: 'mkdir -p dist && cat src/*.js > dist/index.js' },
        dependencies: Object.fromEntries(needs.map((other) => [`@tree/p${other}`, '1.0.0'])),
      }),
    );
    for (let file = 0; file < FILES_EACH; file++)
      write(`${folder}/src/f${file}.js`, `export const v = ${n * file};\n`);
  }
  world.git('add', '.');
  world.git('commit', '-q', '-m', 'packages');
}
