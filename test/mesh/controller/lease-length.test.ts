import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openKeys } from '../../../src/keys/index.ts';
import { openLink } from '../../../src/mesh/channel/index.ts';
import { dialWs, memoryPins } from '../../../src/mesh/transport/index.ts';
import { suite } from '../../suite.ts';
import { Place } from '../runner/place.ts';

suite('how long a runner has a job without a word', (test) => {
  test('is what the repository says, told to whoever joins; what is too short serves no mesh', async () => {
    const place = new Place();
    const { world: here } = place;
    try {
      here.start();
      const say = (seconds: number): void =>
        here.write(
          '.bit/mesh/config.yml',
          `mesh: { discovery: { mdns: false }, leases: { seconds: ${seconds} } }\n`,
        );
      say(4);
      const refused = await here.bit('mesh', 'serve', '--listen', '127.0.0.1:0', '--idle', '1');
      assert.is(refused.code, 2, refused.stderr);
      assert.match(refused.stderr, /mesh\.leases\.seconds/);
      say(6);
      assert.is((await here.bit('key', 'new', '--yes')).code, 0);
      const controller = place.start('mesh', 'serve', '--listen', '127.0.0.1:0');
      const file = join(here.dir, '.git/bit/mesh/controller.json');
      await place.until(() => existsSync(file), controller.said);
      const { address } = JSON.parse(readFileSync(file, 'utf8')) as { address: string };
      const keys = openKeys({
        directory: join(here.root, 'data', 'bit', 'keys'),
        env: here.env,
        notice: () => undefined,
      });
      const told: number[] = [];
      const link = openLink({
        dialer: dialWs({ required: false, mode: 'self-signed-ok', pins: memoryPins(), most: 1 << 20 }),
        ...{ addresses: () => [address], signer: await keys.signer(), trusted: () => true, take: () => {} },
        hello: () => ({
          ...{ runner_id: 'aln://client/test', role: 'client', persona: 'hybrid', capabilities: {} },
          ...{ storage: [], policy_hash: `sha256-${'0'.repeat(64)}` },
        }),
        up: (_channel, ack) => void told.push(ack.lease_s),
      });
      try {
        await link.ready();
        assert.equal(told, [6]);
      } finally {
        await link.close();
      }
    } finally {
      await place.close();
    }
  });
});
