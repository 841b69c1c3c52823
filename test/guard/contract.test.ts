import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { within } from '../world.ts';

const TERMS = 'CONTRACT: terms\n[DENY bad names are]\nACTION: repo.branch\nBRANCH: bad*\n';

suite('contract enforce', (test) => {
  test('from then on it gates, whatever becomes of the file, and accepting policies leaves it', () =>
    within({}, async (place) => {
      place.write('terms.aln', TERMS);
      assert.is((await place.bit('branch', 'new', 'bad0')).code, 0);
      const run = await place.bit('contract', 'enforce', 'terms.aln');
      assert.is(run.code, 0, run.stderr);
      rmSync(join(place.dir, 'terms.aln'));
      const denied = await place.bit('branch', 'new', 'bad1');
      assert.is(denied.code, 3);
      assert.match(denied.stderr, 'contract terms (terms.aln:2): bad names are');
      assert.is((await place.bit('policy', 'accept')).code, 0);
      assert.is((await place.bit('branch', 'new', 'bad1')).code, 3);
      // the built-in policy still holds beside it
      assert.match((await place.bit('push', '--force', '--yes')).stderr, /force|remote/);
      assert.is((await place.bit('contract', 'enforce', 'terms.aln', '--withdraw')).code, 0);
      assert.is((await place.bit('branch', 'new', 'bad1')).code, 0);
    }));

  test('is not lost where a damaged accepted set is recovered', () =>
    within({}, async (place) => {
      place.write('terms.aln', TERMS);
      place.write('more.aln', TERMS.replace('terms', 'more').replace('bad*', 'worse*'));
      place.write('gone.aln', TERMS.replace('terms', 'gone').replace('bad*', 'gone*'));
      for (const file of ['terms.aln', 'more.aln', 'gone.aln'])
        assert.is((await place.bit('contract', 'enforce', file)).code, 0);
      assert.is((await place.bit('contract', 'enforce', 'gone.aln', '--withdraw')).code, 0);
      const accepted = '.git/bit/policy/accepted.json';
      place.write(accepted, 'no json');
      rmSync(join(place.dir, 'terms.aln'));
      const recovered = await place.bit('policy', 'accept', '--recover');
      assert.is(recovered.code, 0, recovered.stderr);
      for (const name of ['bad1', 'worse1'])
        assert.is((await place.bit('branch', 'new', name)).code, 3, name);
      assert.is((await place.bit('branch', 'new', 'gone1')).code, 0);
      // without the copy kept beside it: those whose files are there, and a question that names the others
      place.write(accepted, 'no json');
      rmSync(join(place.dir, '.git/bit/policy/accepted'), { recursive: true });
      const asked = await place.bit('policy', 'accept', '--recover');
      assert.is(asked.code, 2);
      assert.match(asked.stderr, 'terms.aln');
      assert.is((await place.bit('policy', 'accept', '--recover', '--yes')).code, 0);
      assert.is((await place.bit('branch', 'new', 'worse2')).code, 3);
    }));

  test('can be undone, and the dry run enforces nothing', () =>
    within({}, async (place) => {
      place.write('terms.aln', TERMS);
      const dry = await place.bit('contract', 'enforce', 'terms.aln', '--dry-run');
      assert.match(dry.stdout, 'never: repo.branch on bad*');
      assert.is((await place.bit('branch', 'new', 'bad0')).code, 0);
      assert.is((await place.bit('contract', 'enforce', 'terms.aln')).code, 0);
      assert.is((await place.bit('undo')).code, 0);
      assert.is((await place.bit('branch', 'new', 'bad1')).code, 0);
    }));

  test('faults are told by line and column, and nothing is enforced', () =>
    within({}, async (place) => {
      place.write('terms.aln', 'CONTRACT: terms\n[DENY]\nACTON: *\n');
      const run = await place.bit('contract', 'enforce', 'terms.aln');
      assert.is(run.code, 1);
      assert.match(run.stderr, 'terms.aln:2:1: [DENY] names no ACTION (and 1 more)');
    }));

  test('one that would let nobody accept another set is refused', () =>
    within({}, async (place) => {
      place.write('terms.aln', 'CONTRACT: terms\n[DENY]\nACTION: *\n');
      const run = await place.bit('contract', 'enforce', 'terms.aln');
      assert.is(run.code, 1);
      assert.match(run.stderr, 'would deny accepting the next one');
    }));

  test('a file that is none, lies outside or is not there is refused', () =>
    within({}, async (place) => {
      place.write('../out.aln', TERMS);
      assert.is((await place.bit('contract', 'enforce', '../out.aln')).code, 2);
      assert.is((await place.bit('contract', 'enforce', 'a.txt')).code, 2);
      assert.is((await place.bit('contract', 'enforce', 'none.aln')).code, 4);
      assert.is((await place.bit('contract', 'enforce', 'none.aln', '--withdraw')).code, 4);
      assert.is((await place.bit('contract', 'enforce', '--', '-x.aln')).code, 4);
    }));
});

suite('the contract of the tree', (test) => {
  test('is accepted with the policies, and then no edit of the tree changes it', () =>
    within({}, async (place) => {
      await place.bit('policy', 'accept');
      place.write('.bit/contract.aln', TERMS);
      assert.is((await place.bit('branch', 'new', 'bad0')).code, 0);
      const accept = await place.bit('policy', 'accept');
      assert.match(accept.stdout, '.bit/contract.aln');
      place.write('.bit/contract.aln', 'CONTRACT: terms\n');
      assert.is((await place.bit('branch', 'new', 'bad1')).code, 3);
      assert.is((await place.bit('policy', 'check')).code, 0);
      assert.is((await place.bit('policy', 'fmt')).code, 0);
      assert.is((await place.bit('policy', 'check', '--explain')).code, 0);
    }));

  test('with a fault is a fault of the set', () =>
    within({}, async (place) => {
      await place.bit('policy', 'accept');
      place.write('.bit/contract.aln', 'CONTRACT: terms\nPRIVACY: maybe\n');
      const run = await place.bit('policy', 'accept');
      assert.is(run.code, 1);
      assert.match(run.stderr, '.bit/contract.aln:2:10: PRIVACY is');
      const check = await place.bit('policy', 'check');
      assert.is(check.code, 1);
      assert.match(check.stdout, '.bit/contract.aln:2:10');
    }));
});

suite('contract audit', (test) => {
  test('tells what is kept, what was refused, what was done before and what went past', () =>
    within({}, async (place) => {
      await place.bit('branch', 'new', 'bad0');
      place.write('terms.aln', `${TERMS}\n`);
      await place.bit('contract', 'enforce', 'terms.aln');
      await place.bit('branch', 'new', 'bad1');
      const run = await place.bit('contract', 'audit', 'repo', '--json');
      assert.is(run.code, 1);
      const out = JSON.parse(run.stdout) as {
        contracts: { clauses: { refused: number; differs: unknown[] }[] }[];
      };
      const [clause] = out.contracts[0]?.clauses ?? [];
      assert.is(clause?.refused, 1);
      assert.is(clause?.differs.length, 1);
      const shown = await place.bit('contract', 'audit');
      assert.match(shown.stdout, '1 done against it, 1 refused');
    }));

  test('plain git past BLOCKCHAIN_SECURITY differs; no contract is no fault', () =>
    within({}, async (place) => {
      assert.is((await place.bit('contract', 'audit')).code, 0);
      place.write('.bit/contract.aln', 'CONTRACT: c\nBLOCKCHAIN_SECURITY: true\n');
      await place.bit('policy', 'accept');
      assert.is((await place.bit('contract', 'audit')).code, 0);
      place.git('branch', 'past');
      await place.bit('branch', 'new', 'x');
      const run = await place.bit('contract', 'audit');
      assert.is(run.code, 1);
      assert.match(run.stdout, 'plain git moved 1 ref');
      assert.is((await place.bit('contract', 'audit', 'bucket')).code, 0);
      assert.is((await place.bit('contract', 'audit', 'bucket', 'media')).code, 4);
    }));
});
