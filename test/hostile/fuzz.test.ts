import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { fuzz, growthOf } from '../../scripts/campaign/fuzz/index.ts';
import { keptInputs } from '../../scripts/campaign/fuzz/target.ts';
import { targets } from '../../scripts/campaign/fuzz/targets.ts';
import { random } from '../../scripts/campaign/random.ts';
import { suite } from '../suite.ts';

/** What good inputs of each reader come to. */
const REACHED: Readonly<Record<string, readonly string[]>> = {
  rego: ['parsed', 'compiled', 'evaluated'],
  aln: ['contracts'],
  note: ['notes', 'checkpoints', 'signed', 'proof files', 'proofs that hold', 'keys', 'bundles'],
  token: ['read', 'taken', 'taken, attenuated'],
  entry: ['entries', 'payloads', 'audited', 'rows', 'rows with payload', 'signed', 'words about keys'],
  'aln-script': ['aln without an error'],
  batch: ['batch without an error'],
  lisp: ['scheme without an error', 'common-lisp without an error'],
  mesh: ['CHALLENGE', 'HELLO', 'JOB_OFFER', 'JOB_RESULT', 'malformed', 'too-deep', 'unknown-type'],
};

const nothing = (): undefined => undefined;

/** Fuzzes a reader with a known fault; the files it keeps are told. */
async function faulty(
  name: string,
  { inputs, patience }: { readonly inputs: number; readonly patience?: number },
): Promise<Awaited<ReturnType<typeof fuzz>> & { readonly files: string[] }> {
  const corpus = mkdtempSync(join(tmpdir(), 'bit-fuzz-'));
  process.env['FUZZ_CORPUS'] = corpus;
  try {
    const module = new URL('./fuzz-targets.ts', import.meta.url).href;
    const own = ((await import(module)) as typeof import('./fuzz-targets.ts')).targets;
    const target = own.find((candidate) => candidate.name === name);
    if (target === undefined) throw new Error(`no target ${name}`);
    const found = await fuzz({
      ...{ target: { ...target, corpus }, module, seed: 1, milliseconds: 0, inputs },
      ...{ shrinking: 2000, ...(patience === undefined ? {} : { patience }) },
    });
    return { ...found, files: readdirSync(corpus).map((file) => readFileSync(join(corpus, file), 'utf8')) };
  } finally {
    rmSync(corpus, { recursive: true, force: true });
  }
}

suite('hostile input', (test) => {
  for (const target of targets) {
    test(`${target.name}: what was taken wrongly once is taken rightly`, async () => {
      const kept = keptInputs(target);
      assert.ok(kept.size > 0, `nothing is kept in ${target.corpus}`);
      for (const [name, input] of kept) assert.is(await target.examine(input, nothing), undefined, name);
    });

    test(`${target.name}: good inputs reach every part, hostile ones are taken rightly`, async () => {
      const reached = new Set<string>();
      const seeds = [...target.seeds().slice(0, 30), ...keptInputs(target).values()];
      for (const input of seeds)
        assert.is(await target.examine(input, (what) => void reached.add(what)), undefined, input);
      assert.equal(
        (REACHED[target.name] ?? ['its parts are named here']).filter((what) => !reached.has(what)),
        [],
      );
      for (let n = 0; n < 150; n++) {
        const input = target.mutate(seeds, random(n));
        assert.is(await target.examine(input, nothing), undefined, JSON.stringify(input));
      }
    });
  }

  test('what throws is found, made small and kept', async () => {
    const { wrong, files } = await faulty('throws', { inputs: 1000 });
    assert.is(wrong.length, 1);
    assert.match(wrong[0]?.what ?? '', /^thrown: Error: bang/);
    assert.match(files.join(), /BANG/);
    assert.ok(files.join().length < 12, files.join());
  });

  test('what hangs is found, ended and kept', async () => {
    const { wrong, report, files } = await faulty('hangs', { inputs: 5000, patience: 1000 });
    assert.is(report, undefined);
    assert.match(wrong[0]?.what ?? '', /^hangs/);
    assert.match(files.join(), /LOOP/);
  });

  test('what is slow is found', async () => {
    const { wrong } = await faulty('dawdles', { inputs: 200 });
    assert.match(wrong[0]?.what ?? '', /^too slow/);
    assert.match(wrong[0]?.input ?? '', /SLOW/);
  });

  test('what leaks is found', async () => {
    const { growth, wrong } = await faulty('leaks', { inputs: 4000 });
    assert.equal(wrong, []);
    assert.match(growth ?? '', /^the heap grows/);
  });

  test('a heap that swings about a level does not grow', () => {
    const megabyte = 1024 * 1024;
    const swinging = Array.from({ length: 20 }, (_, i) => (20 + (i % 3)) * megabyte);
    assert.is(growthOf(swinging), undefined);
    assert.is(growthOf([1, 30, 60, ...swinging].map((bytes) => bytes)), undefined);
    assert.match(growthOf(Array.from({ length: 20 }, (_, i) => (20 + i) * megabyte)) ?? '', /grows/);
  });
});
