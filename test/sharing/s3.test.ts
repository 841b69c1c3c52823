/** Planners of two clones that meet in a bucket of a real S3 server: by hand, and each at its host, which reaches nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Shared } from '../../src/sharing/index.ts';
import { type ObjectServer, startRadosgw } from '../storage/radosgw.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { startPair } from './ground.ts';

async function ok(place: World, dir: string, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.bitIn(dir, ...words);
  assert.is(code, 0, `bit ${words.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

suite('shared caches in a bucket', (test) => {
  let server: ObjectServer;
  test.before(async () => {
    server = await startRadosgw();
    const { endpoint, credentials } = server;
    const sdk = await import('@aws-sdk/client-s3');
    const client = new sdk.S3Client({ region: 'us-east-1', endpoint, credentials, forcePathStyle: true });
    await client.send(new sdk.CreateBucketCommand({ Bucket: 'planners' }));
    client.destroy();
  });
  test.after(async () => {
    await server?.close();
  });

  /** Two clones of the same sources, of which the first has built them. */
  async function pair(): Promise<{ readonly place: World; readonly other: string }> {
    const { endpoint, credentials } = server;
    const place = world({
      env: {
        AWS_ENDPOINT_URL_S3: endpoint,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
    });
    const other = startPair(place);
    await ok(place, place.dir, 'build');
    return { place, other };
  }

  async function isNotBuiltAgain(place: World, dir: string): Promise<void> {
    const before = readFileSync(join(place.root, 'built'), 'utf8');
    await ok(place, dir, 'build');
    assert.is(readFileSync(join(dir, 'out/a.txt'), 'utf8'), 'a\n');
    assert.is(readFileSync(join(place.root, 'built'), 'utf8'), before);
  }

  test('what one wants the other offers, and every byte comes back; a bucket that is none is said', async () => {
    const { place, other } = await pair();
    try {
      const cache = async (dir: string, verb: string): Promise<Shared> =>
        JSON.parse(await ok(place, dir, 'cache', verb, 'aln+s3://planners/by-hand', '--json')) as Shared;
      assert.is((await cache(other, 'want')).items.length, 1);
      const offered = await cache(place.dir, 'offer');
      assert.equal([offered.items.length, offered.refused], [1, []]);
      assert.ok(offered.bytes > 0);
      assert.is((await cache(place.dir, 'offer')).bytes, 0, 'what lies there is not sent again');
      const taken = await cache(other, 'take');
      assert.equal([taken.items.length, taken.refused], [1, []]);
      await isNotBuiltAgain(place, other);
      assert.is((await place.bitIn(other, 'cache', 'want', 'aln+s3://absent/x')).code, 4);
      (place.env as Record<string, string>)['AWS_SECRET_ACCESS_KEY'] = 'another';
      assert.is((await place.bitIn(other, 'cache', 'want', 'aln+s3://planners/by-hand')).code, 5);
    } finally {
      place.close();
    }
  });

  test('planners at their hosts reach the bucket by their network capability, and without it nothing', async () => {
    const { place, other } = await pair();
    try {
      const { port } = new URL(server.endpoint);
      const planner = async (dir: string, network: string): Promise<void> => {
        const path = join(dir, '.bithub/bots/planner.yml');
        place.write(
          path,
          `name: planner\nhandler: bundled:planner\non: [{ git: commit }]\ncapabilities: [workflow:plan, cache:want, cache:offer, cache:take${network}]\nsettings: { propose: false, share: 'aln+s3://planners/team' }\n`,
        );
        await ok(place, dir, 'bot', 'deploy', 'planner', '--yes');
      };
      const hear = async (dir: string): Promise<string> => {
        place.gitIn(dir, 'commit', '-q', '--allow-empty', '-m', 'event');
        await ok(place, dir, 'bot', 'run', '--once');
        return ok(place, dir, 'bot', 'query', 'logs', 'planner');
      };
      await planner(other, '');
      assert.match(await hear(other), /cache want: .*aln\+s3:\/\/planners\/team/);
      const granted = `, 'network:127.0.0.1:${port}'`;
      await planner(other, granted);
      await planner(place.dir, granted);
      assert.match(await hear(other), /want: build site/);
      assert.match(await hear(place.dir), /offer: build site/);
      assert.match(await hear(other), /take: build site/);
      await isNotBuiltAgain(place, other);
    } finally {
      place.close();
    }
  });
});
