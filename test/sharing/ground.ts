/** Two clones of the same sources, with a target that tells in `../built` how often it was built. */
import { join } from 'node:path';
import type { World } from '../world.ts';

export const SPECIFICATION = `apiVersion: bithub/v1
kind: OrchestrationSpec
build:
  targets:
    site: { command: sh make.sh, inputs: [src/**], outputs: [out/**], tools: [] }
`;

/** Starts the world with the sources in it; the folder of the other clone. */
export function startPair(place: World): string {
  place.start();
  place.write('.bithub.yml', SPECIFICATION);
  place.write('make.sh', 'mkdir -p out; cp src/a.txt out/a.txt; echo built >> ../built\n');
  place.write('src/a.txt', 'a\n');
  place.write('.gitignore', 'out\n');
  place.git('add', '.');
  place.git('commit', '-q', '-m', 'sources');
  const other = join(place.root, 'other');
  place.gitIn(place.root, 'clone', '-q', place.dir, other);
  return other;
}
