/** The seed's whole `.bithub.yml`, images and all: real engines, a real registry that asks for a password. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { addImage, engineStore, PASSWORD, startRegistry, USER } from '../image/ground.ts';
import { suite } from '../suite.ts';
import { listening, WHOLE, withFlows } from './ground.ts';

suite('the whole .bithub.yml', (test) => {
  test('builds, tests and pushes its three images between its gate and its workflows', async () => {
    const server = await listening(() => ({ status: 201 }));
    const stands = { '.tests-aln': 'true', '.tests-batchfile': 'true', '.tests-lisp': 'true' };
    const place = withFlows('', stands, {
      GITHUB_TOKEN: PASSWORD,
      GITHUB_API_URL: server.url,
      GITHUB_REPOSITORY: 'ada/lantern',
    });
    const registry = await startRegistry(place, true);
    try {
      Object.assign(place.env, engineStore(place));
      const where = `          with:\n            registry: "${registry.host}"\n            owner: ${USER}\n`;
      const said = WHOLE.replaceAll(/( {8}- action: bit-image\n) {10}with:\n/g, `$1${where}`);
      place.write('.bithub.yml', said.replaceAll(/backoffSeconds: \d+/g, 'backoffSeconds: 0'));
      for (const folder of ['.', 'Batchfile', 'Lisp']) addImage(place, folder);
      place.write('docs/assets/note.txt', 'note\n');
      place.git('add', '-A');
      place.git('commit', '-qm', 'an asset');
      await place.bitWith({ input: `${server.url}/hook\n` }, 'secret', 'set', 'NOTIFY_WEBHOOK');
      const run = await place.bit('flow', 'run', 'main-ci', '--event', 'push', '--branch', 'main');
      assert.is(run.code, 0, run.stderr);
      const basic = { authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` };
      const { repositories } = (await (await registry.get('/v2/_catalog', basic)).json()) as {
        repositories: string[];
      };
      assert.equal(
        repositories.filter((name) => !name.includes('-cache')),
        ['ada/aln-aln-core', 'ada/batch-batch-runtime', 'ada/lisp-lisp-runtime'],
      );
      const [path] =
        place.git('status', '--porcelain', '-uall', '--', 'orchestration_audit').match(/\S+\.json/) ?? [];
      const audit = JSON.parse(readFileSync(join(place.dir, path ?? ''), 'utf8')) as {
        images: string[];
        workflows: { conclusion: string }[];
      };
      assert.is(audit.images.length, 3);
      assert.ok(audit.images.every((image) => image.startsWith(`${registry.host}/ada/`)));
      assert.equal(
        audit.workflows.map(({ conclusion }) => conclusion),
        ['success', 'success', 'success'],
      );
      const papers = place.git('status', '--porcelain', '-uall', '--', 'audit');
      assert.is(papers.match(/\.cdx\.json/g)?.length, 3);
      assert.is(papers.match(/\.intoto\.jsonl/g)?.length, 3);
      assert.not.match(run.stdout + run.stderr, PASSWORD);
    } finally {
      registry.close();
      place.close();
      await server.close();
    }
  });
});
