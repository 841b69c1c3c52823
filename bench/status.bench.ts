/** Row "status": `bit status` in 5,000 files against `git status` and a bare start of node. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './row.ts';
import { alternate, bit, gitVersion, nodeVersion, place } from './sides.ts';

const FOLDERS = 50;
const FILES_EACH = 100;

export function run(): Row[] {
  const world = place();
  try {
    for (let folder = 0; folder < FOLDERS; folder++) {
      mkdirSync(join(world.repository, `d${folder}`));
      for (let file = 0; file < FILES_EACH; file++)
        writeFileSync(join(world.repository, `d${folder}`, `f${file}.txt`), `${folder} ${file}\n`);
    }
    world.git('add', '.');
    world.git('commit', '-q', '-m', 'files');
    const [ours, git, node] = alternate(
      [{ words: [...bit, 'status'] }, { words: ['git', 'status'] }, { words: [process.execPath, '-e', '0'] }],
      world,
    );
    if (ours === undefined || git === undefined || node === undefined) return [];
    const peer = `git status + node -e 0, ${gitVersion()}, ${nodeVersion}`;
    const name = `status in ${FOLDERS * FILES_EACH} files`;
    const row = (of: 'wall' | 'cpu') => ({
      ratio: ours[of] / (git[of] + node[of]),
      value: ours[of],
      unit: 'ms',
      peer,
    });
    return [
      { name, ...row('wall'), goal: '≤ 1.5' },
      { name: `${name} (processor time)`, ...row('cpu'), goal: 'told beside' },
    ];
  } finally {
    world.remove();
  }
}
