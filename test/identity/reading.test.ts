import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { readInput } from '../../src/cli/input.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import { bench } from '../operation/fixture.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

const READS = `package repo
import rego.v1
deny contains "not you" if { input.action == "read.log"; input.actor == "" }
`;

/** A clone whose accepted set gates queries, used by somebody who has no key yet. */
async function keyless(): Promise<World> {
  const w = world();
  w.start();
  w.write('.bithub/policies/reads.rego', READS);
  const accepted = await w.bit('policy', 'accept');
  assert.is(accepted.code, 0, accepted.stderr);
  rmSync(join(w.root, 'data'), { recursive: true });
  return w;
}

suite('who only reads', (test) => {
  test('has no key made for a gated query, and the policy sees that there is none', async () => {
    const w = await keyless();
    assert.is((await w.bit('status')).code, 0);
    assert.is((await w.bit('log')).code, 3);
    assert.not.ok(existsSync(join(w.root, 'data')));
    w.close();
  });

  test('has no key made by a dry run', async () => {
    const w = await keyless();
    const run = await w.bit('tag', 'new', 'v1', '--dry-run');
    assert.is(run.code, 0, run.stderr);
    assert.not.ok(existsSync(join(w.root, 'data')));
    w.close();
  });

  test('is told the key the environment hands over, and a wrong one is refused', async () => {
    const w = await keyless();
    (w.env as Record<string, string>)['BIT_SIGNING_KEY'] = 'no key';
    assert.is((await w.bit('log')).code, 5);
    w.close();
  });

  test('finds nothing on its keys that makes or chooses one; who asks a mesh proves it with the one there is', async () => {
    const b = await bench();
    assert.equal(Object.keys(b.context.reader.keys).sort(), [
      'current',
      'existingSigner',
      'list',
      'openerOf',
    ]);
    assert.is(await b.context.reader.keys.existingSigner(), undefined);
    assert.is(Object.getPrototypeOf(b.context.reader.keys), Object.prototype);
    assert.is(await b.context.reader.keys.current(), undefined);
    b.close();
  });
});

suite('standard input', (test) => {
  const none = new AbortController().signal;
  const from = (...chunks: string[]) => ({ stdin: Readable.from(chunks.map((chunk) => Buffer.from(chunk))) });

  test('arrives whole, characters split between chunks too', async () => {
    const euro = Buffer.from('€');
    const stdin = Readable.from([euro.subarray(0, 1), euro.subarray(1)]);
    assert.is((await readInput({ stdin } as never, none, 10)).toString(), '€');
    assert.is((await readInput(from() as never, none, 10)).length, 0);
  });

  test('is refused past its bound', async () => {
    const refused = await readInput(from('12345', '67890') as never, none, 9).catch(
      (error: unknown) => error,
    );
    assert.ok(isBitError(refused, 'usage'));
  });

  test('ends with Ctrl-C', async () => {
    const abort = new AbortController();
    const stdin = new Readable({ read: () => undefined });
    const reading = readInput({ stdin } as never, abort.signal, 9).catch((error: unknown) => error);
    setTimeout(() => abort.abort(), 20);
    assert.ok(isBitError(await reading, 'cancelled'));
  });
});
