import * as assert from 'uvu/assert';
import { BitError } from '../../src/kernel/errors.ts';
import * as tlog from '../../src/tlog/index.ts';
import { mutantsOf, withMutant } from '../mutants.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';
import { examine } from './examine.ts';

const FILES = ['check', 'checkpoint', 'note', 'note-key', 'proof-file', 'bundle', 'tiles', 'audit', 'base64'];

suite('every check of a log', (test) => {
  test('answers as it must', async () => {
    assert.equal(await examine(tlog), []);
  });

  test('taken out of the verifier, makes it answer something wrong', async () => {
    const mutants = FILES.flatMap((name) => mutantsOf(`src/tlog/${name}.ts`));
    assert.ok(mutants.length >= 60, `${mutants.length} mutants`);
    const survivors: string[] = [];
    for (const mutant of mutants) {
      const wrong = await withMutant<typeof tlog, string[]>(mutant, 'src/tlog/index.ts', examine);
      if (wrong.length === 0) survivors.push(mutant.name);
    }
    assert.equal(survivors, []);
  });

  test('a copy without any change answers as the original does', async () => {
    assert.equal(await withMutant<typeof tlog, string[]>(undefined, 'src/tlog/index.ts', examine), []);
  });
});

suite('hostile notes and proofs', (test) => {
  const refuses = (parse: () => unknown): void => {
    try {
      parse();
    } catch (error) {
      if (!(error instanceof BitError)) throw error;
    }
  };

  test('never crash a parser', () => {
    const note = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }).map((text) => `${text}\n\n— k AAAAAAA=\n`),
      fc
        .array(
          fc.constantFrom(
            '\n',
            '\n\n',
            '— ',
            'k',
            ' ',
            'AAAAAAA=',
            'index 0',
            'c2sp.org/tlog-proof@v1',
            'extra ',
            '3',
          ),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(note, (text) => {
        refuses(() => tlog.parseNote(text));
        refuses(() => tlog.parseNote(Buffer.from(text, 'latin1')));
        refuses(() => tlog.parseVkey(text));
        refuses(() => tlog.parseProofFile(text));
        tlog.parseCheckpointText(text);
        tlog.parseTilePath(text);
        tlog.parseBundle(Buffer.from(text, 'utf8'));
      }),
      { numRuns: 3_000 },
    );
  });

  test('what was written is read back', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(
        fc.array(hash, { maxLength: 63 }),
        fc.nat(),
        fc.option(fc.uint8Array(), { nil: undefined }),
        (proof, index, extra) => {
          const checkpoint = 'a\n1\n\n';
          const read = tlog.parseProofFile(tlog.formatProofFile({ extra, index, proof, checkpoint }));
          assert.is(read.index, index);
          assert.is(read.checkpoint, checkpoint);
          assert.equal(
            read.proof.map((bytes) => Buffer.from(bytes)),
            proof.map((bytes) => Buffer.from(bytes)),
          );
          assert.equal(read.extra && Buffer.from(read.extra), extra && Buffer.from(extra));
        },
      ),
      { numRuns: 300 },
    );
  });
});
