import { spawn } from 'node:child_process';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { within } from '../world.ts';
import { deployBot, ok, until } from './ground.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'dev.js');

suite('bit bot query --follow', (test) => {
  test('tells what there is and then what comes, each once, until it is interrupted', () =>
    within({}, async (place) => {
      await deployBot(place, 'watch', {
        on: '[{ git: commit }]',
        can: '[query:status]',
        js: 'export async function handle(event, context) { context.log("saw " + event.facts.subject); }\n',
      });
      const happens = async (subject: string): Promise<void> => {
        place.git('commit', '-q', '--allow-empty', '-m', subject);
        await ok(place, 'bot', 'run', '--once');
      };
      await happens('one');
      const child = spawn(
        process.execPath,
        [PROGRAM, 'bot', 'query', 'logs', 'watch', '--follow', '--json'],
        {
          ...{ cwd: place.dir, env: place.env, stdio: ['ignore', 'pipe', 'pipe'] },
        },
      );
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding('utf8').on('data', (text: string) => {
          said += text;
        });
      const over = new Promise<number | null>((resolve) => child.once('close', resolve));
      try {
        const tells = (subject: string) => () => said.includes(`saw ${subject}`);
        await until('it tells what there is', tells('one'), () => said);
        await happens('two');
        await until('it tells what comes', tells('two'), () => said);
        await happens('three');
        await until('it goes on', tells('three'), () => said);
        child.kill('SIGINT');
        assert.is(await over, 0, said);
      } finally {
        child.kill('SIGKILL');
      }
      const lines = said.trimEnd().split('\n');
      const texts = lines.map((line) => (JSON.parse(line) as { readonly text: string }).text);
      assert.equal(
        texts.filter((text) => text.startsWith('saw ')),
        ['saw one', 'saw two', 'saw three'],
      );
    }));
});
