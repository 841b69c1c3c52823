/** A fixer of a plugin through all of `bit bot autofix`: found, tried in a copy, proposed, committed, recorded, undone. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sandboxFault } from '../../src/workflow/index.ts';
import { autofix, broken, steps } from '../mending/broken.ts';
import { suite } from '../suite.ts';
import type { World } from '../world.ts';
import { entriesOf, packPlugin } from './fixture.ts';

const CI = '.bithub/workflows/ci.yml';
const FILES = {
  [CI]: steps('./check.sh'),
  '!check.sh': '#!/bin/sh\ngrep -q word words.txt || { echo "words.txt: no word" >&2; exit 1; }\n',
  'words.txt': 'one\n',
};

/** What it finds, as the text of a function of the failure, the bench and what `words.txt` holds. */
const FIXERS = (found: string): string => `
export const fixers = [{
  name: 'missing-word', title: 'A word is missing in words.txt.',
  async detect(failure, bench) {
    if (!failure.log.includes('no word')) return [];
    const text = Buffer.from(await bench.read('words.txt')).toString();
    const finding = (path, content) => ({
      fixer: 'missing-word', cause: 'words.txt lacks the word', evidence: [{ file: 'words.txt', text: failure.log }],
      confidence: 0.95, changes: [{ path, content: Buffer.from(content) }], advice: null,
    });
    ${found}
  },
}];`;

const RIGHT = "return [finding('words.txt', text + 'word\\n')];";

async function inPlace(
  found: string,
  words: readonly string[],
  run: (place: World) => Promise<void>,
): Promise<void> {
  const place = await broken({ files: FILES });
  try {
    const plugin = packPlugin(
      join(place.root, 'fixer'),
      { name: '@acme/fixer', bit: { api: 2, fixers: 'fixers.js', capabilities: ['tree:read'] } },
      { 'fixers.js': FIXERS(found) },
    );
    const installed = await place.bit('ext', 'install', plugin, '--yes', ...words);
    assert.is(installed.code, 0, installed.stderr);
    await run(place);
  } finally {
    place.close();
  }
}

suite("a plugin's fixer in bit bot autofix", (test) => {
  if (sandboxFault() !== undefined) return;

  for (const trust of [[], ['--trust']]) {
    test(`is tried in a copy, and what passes is committed on a branch${trust.join()}`, () =>
      inPlace(RIGHT, trust, async (place) => {
        const head = place.git('rev-parse', 'HEAD');
        const shown = await autofix(place);
        assert.is(shown.code, 0);
        const [step] = shown.steps;
        const candidate = step?.candidates[step.proposed ?? -1];
        assert.is(candidate?.fixer, 'acme-fixer-missing-word');
        assert.is(candidate?.cause, 'words.txt lacks the word');
        assert.is(candidate?.verdict?.kind, 'fixed');
        assert.match(shown.patch, /^\+word$/m);
        assert.is(place.git('branch', '--list', 'fix/*'), '', 'shown, and nothing else');
        const out = await autofix(place, '--apply');
        const branch = out.applied?.branch ?? '';
        assert.match(branch, /^fix\/acme-fixer-missing-word-[0-9a-f]{8}$/);
        assert.is(place.git('show', `${branch}:words.txt`), 'one\nword');
        assert.equal([place.git('rev-parse', `${branch}^`), place.git('rev-parse', 'HEAD')], [head, head]);
        assert.is(place.git('status', '--porcelain'), '');
        const outer = (await entriesOf(place, 'BOT_AUTOFIX')).slice(-2);
        const inner = await entriesOf(place, 'COMMIT');
        assert.equal(
          [...outer, ...inner].sort((a, b) => a.seq - b.seq).map(({ event, phase }) => [event, phase]),
          [
            ['BOT_AUTOFIX', 'intent'],
            ['COMMIT', 'intent'],
            ['COMMIT', 'outcome'],
            ['BOT_AUTOFIX', 'outcome'],
          ],
        );
        assert.is((await place.bit('ledger', 'verify')).code, 0);
        assert.is((await place.bit('undo')).code, 0);
        assert.is(place.git('branch', '--list', 'fix/*'), '');
      }));

    test(`that throws is told of, and stops nobody${trust.join()}`, () =>
      inPlace("throw new TypeError('it is broken');", trust, async (place) => {
        const { code, stdout, stderr } = await place.bit('bot', 'autofix', 'workflow', '--apply', '--json');
        assert.is(code, 1, stderr);
        const [step] = (JSON.parse(stdout) as Awaited<ReturnType<typeof autofix>>).steps;
        assert.equal(step?.troubles, ['acme-fixer-missing-word: it is broken']);
        assert.is(place.git('branch', '--list', 'fix/*'), '');
      }));
  }

  test('that proposes what does not help, or what lies outside, proposes nothing', () =>
    inPlace(
      `return [finding('words.txt', text + 'wort\\n'), { ...finding('../out.txt', 'word'), confidence: 0.5 }];`,
      [],
      async (place) => {
        const { code, stdout } = await place.bit('bot', 'autofix', 'workflow', '--apply', '--json');
        assert.is(code, 1);
        const [step] = (JSON.parse(stdout) as Awaited<ReturnType<typeof autofix>>).steps;
        assert.is(step?.proposed, null);
        assert.equal(
          step?.candidates.map(({ fixer, verdict }) => [fixer, verdict?.kind]),
          [['acme-fixer-missing-word', 'still-fails']],
        );
        assert.is(place.exists('../out.txt'), false);
        assert.is(place.git('branch', '--list', 'fix/*'), '');
      },
    ));
});
