/** Row "recorded, gated commit": what `bit commit` takes beyond `git commit`, in starts of `bit`. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './row.ts';
import { alternate, bit, FLOOR, floor, gitVersion, place } from './sides.ts';

export function run(): Row[] {
  const world = place();
  try {
    const before = (round: number): void => {
      appendFileSync(join(world.repository, 'file.txt'), `${round}\n`);
      world.git('add', 'file.txt');
    };
    const [ours, git, start, least] = alternate(
      [
        { words: [...bit, 'commit', '-m', 'one more'], before },
        { words: ['git', 'commit', '-q', '-m', 'one more'], before },
        { words: [...bit, '--version'] },
        { words: floor(world, 'commit', '-q', '-m', 'one more'), before },
      ],
      world,
    );
    if (ours === undefined || git === undefined || start === undefined || least === undefined) return [];
    const peer = `bit --version; git commit taken off, ${gitVersion()}`;
    const row = (of: 'wall' | 'cpu') => ({
      ratio: (ours[of] - git[of]) / start[of],
      value: ours[of],
      unit: 'ms',
      peer,
    });
    return [
      { name: 'recorded, gated commit', ...row('wall'), goal: '≤ 1.5' },
      { name: 'recorded, gated commit (processor time)', ...row('cpu'), goal: 'told beside' },
      {
        name: 'recorded, gated commit, against its floor',
        ratio: ours.wall / least.wall,
        value: ours.wall,
        unit: 'ms',
        goal: '≤ 1.5',
        peer: FLOOR,
      },
    ];
  } finally {
    world.remove();
  }
}
