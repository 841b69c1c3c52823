/** Writes jobs without end and says what was acknowledged, until it is killed. */
import { writeSync } from 'node:fs';
import { openEmbeddedStore } from '../../../src/mesh/store/index.ts';
import { event, jobWrite, recordOf } from './contract.ts';

const [, , directory = '', round = ''] = process.argv;
const store = openEmbeddedStore({ directory });

async function write(n: number): Promise<void> {
  const id = `J-${round}x${n}`;
  for (let fence = 0; fence < 4; fence++) {
    const [outcome] = await store.commit([
      jobWrite(recordOf(id, { fence }), fence, [event(`${id}.${fence}`)]),
    ]);
    if (outcome?.stored === true) writeSync(1, `${id} ${fence}\n`);
  }
}

for (let n = 0; ; n += 8) await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((more) => write(n + more)));
