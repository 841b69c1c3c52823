import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import {
  type AssetPlace,
  assetPath,
  assetPlace,
  formatPointer,
  listAssets,
  serveFilter,
} from '../../src/assets/index.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import fc from '../property.ts';
import { suite } from '../suite.ts';

const packet = (payload: string | Buffer): Buffer => {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
};
const FLUSH = Buffer.from('0000');
const HELLO = Buffer.concat([
  packet('git-filter-client\n'),
  packet('version=2\n'),
  FLUSH,
  packet('capability=clean\n'),
  packet('capability=smudge\n'),
  packet('capability=delay\n'),
  FLUSH,
]);

function request(command: string, content: Buffer): Buffer {
  const parts = [packet(`command=${command}\n`), packet('pathname=dir/big file.bin\n'), FLUSH];
  for (let at = 0; at < content.length; at += 65_516) parts.push(packet(content.subarray(at, at + 65_516)));
  return Buffer.concat([...parts, FLUSH]);
}

/** Content of each answer, and the statuses, as git would read them. */
function answers(output: Buffer): { status: string; content: Buffer }[] {
  const lists: (Buffer[] | undefined)[] = [[]];
  for (let at = 0; at < output.length; ) {
    const length = Number.parseInt(output.toString('latin1', at, at + 4), 16);
    if (length === 0) lists.push([]);
    else lists.at(-1)?.push(output.subarray(at + 4, at + length));
    at += Math.max(4, length);
  }
  const found: { status: string; content: Buffer }[] = [];
  for (let at = 2; at + 2 < lists.length; at += 3) {
    found.push({
      status: Buffer.concat(lists[at] ?? [])
        .toString()
        .trim(),
      content: Buffer.concat(lists[at + 1] ?? []),
    });
  }
  return found;
}

async function serve(
  place: AssetPlace,
  input: Buffer,
  sizes: number[] = [],
): Promise<{ output: Buffer; notices: string[] }> {
  const chunks: Buffer[] = [];
  const output = new PassThrough();
  output.on('data', (chunk: Buffer) => chunks.push(chunk));
  const cut: Buffer[] = [];
  for (let at = 0, i = 0; at < input.length; i++) {
    const size = sizes.length === 0 ? input.length : (sizes[i % sizes.length] ?? 1);
    cut.push(input.subarray(at, at + size));
    at += size;
  }
  const notices: string[] = [];
  await serveFilter({ input: Readable.from(cut), output, place, notice: (line) => notices.push(line) });
  return { output: Buffer.concat(chunks), notices };
}

suite<{ place: AssetPlace; directory: string }>('filter process', (test) => {
  test.before.each((context) => {
    context.directory = mkdtempSync(join(tmpdir(), 'bit-assets-'));
    context.place = assetPlace(join(context.directory, 'bit'), context.directory);
  });
  test.after.each((context) => rmSync(context.directory, { recursive: true, force: true }));

  test('cleans content to a pointer, stores it in both places, and smudges it back', async ({ place }) => {
    const content = Buffer.alloc(200_000, 'abc\u0000');
    const oid = createHash('sha256').update(content).digest('hex');
    const cleaned = await serve(place, Buffer.concat([HELLO, request('clean', content)]));
    const [pointer] = answers(cleaned.output);
    assert.is(pointer?.status, 'status=success');
    assert.is(pointer?.content.toString(), formatPointer({ oid, size: content.length }));
    assert.equal(
      listAssets(place).map((asset) => asset.path),
      [`media/sha256/${oid.slice(0, 2)}/${oid}`],
    );
    assert.ok(existsSync(join(place.lfs, 'objects', oid.slice(0, 2), oid.slice(2, 4), oid)));
    const smudged = await serve(
      place,
      Buffer.concat([HELLO, request('smudge', pointer?.content ?? Buffer.of())]),
    );
    assert.ok(answers(smudged.output)[0]?.content.equals(content));
    assert.ok(readFileSync(assetPath(place, oid) ?? '').equals(content));
  });

  test('leaves pointers, what was never a pointer, and what is missing as they are', async ({ place }) => {
    const pointer = Buffer.from(formatPointer({ oid: 'ab'.repeat(32), size: 9 }));
    const plain = Buffer.from('plain text\n');
    const input = Buffer.concat([
      HELLO,
      request('clean', pointer),
      request('smudge', plain),
      request('smudge', pointer),
      request('clean', Buffer.of()),
    ]);
    const { output, notices } = await serve(place, input);
    const contents = answers(output).map((answer) => answer.content.toString());
    assert.equal(contents, [pointer.toString(), 'plain text\n', pointer.toString(), '']);
    assert.match(notices.join(), 'dir/big file.bin stays a pointer');
    assert.equal(listAssets(place), []);
  });

  test('reads the same whatever pieces the stream arrives in', async ({ place }) => {
    const content = Buffer.from('x'.repeat(3000));
    const input = Buffer.concat([HELLO, request('clean', content), request('smudge', Buffer.from('hi'))]);
    const expected = (await serve(place, input)).output;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 }),
        async (sizes) => {
          assert.ok((await serve(place, input, sizes)).output.equals(expected));
        },
      ),
      { numRuns: 25 },
    );
  });

  test('ends in a BitError on anything that is not the protocol', async ({ place }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.boolean(),
        async (noise, greeted) => {
          try {
            await serve(place, Buffer.concat([...(greeted ? [HELLO] : []), Buffer.from(noise)]));
          } catch (error) {
            assert.ok(isBitError(error, 'failed'), String(error));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
