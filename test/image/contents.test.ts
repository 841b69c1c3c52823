import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { create } from 'tar';
import * as assert from 'uvu/assert';
import { readContents } from '../../src/image/contents.ts';
import { suite } from '../suite.ts';

type Files = Readonly<Record<string, string>>;

/** An OCI image layout of these layers. */
async function layoutOf(directory: string, layers: readonly Files[], gzip = false): Promise<string> {
  const layout = join(directory, 'layout');
  const blobs = join(layout, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Buffer): { digest: string; size: number } => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hex), bytes);
    return { digest: `sha256:${hex}`, size: bytes.length };
  };
  const described = [];
  for (const [at, files] of layers.entries()) {
    const root = join(directory, `layer-${at}`);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of create({ cwd: root }, ['.'])) chunks.push(chunk as Buffer);
    const tar = Buffer.concat(chunks);
    const mediaType = `application/vnd.oci.image.layer.v1.tar${gzip ? '+gzip' : ''}`;
    described.push({ mediaType, ...put(gzip ? gzipSync(tar) : tar) });
  }
  const config = put(Buffer.from('{}'));
  const manifest = put(Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers: described })));
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  return layout;
}

async function contents(layers: readonly Files[], gzip = false) {
  const directory = mkdtempSync(join(tmpdir(), 'bit-contents-'));
  try {
    return await readContents(await layoutOf(directory, layers, gzip), new AbortController().signal);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const DPKG = `Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u14

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
`;

suite('what an image holds', (test) => {
  test('packages are read from what dpkg, apk, npm and pip leave', async () => {
    const found = await contents([
      {
        'etc/os-release': 'ID=debian\n',
        'var/lib/dpkg/status': DPKG,
        'lib/apk/db/installed': 'P:musl\nV:1.2.5-r0\nL:MIT\n\nP:busybox\nV:1.36\nL:GPL-2.0-only\n',
        'srv/node_modules/@a/b/package.json': '{"name":"@a/b","version":"1.2.3","license":"MIT"}',
        'srv/node_modules/broken/package.json': '{"name":',
        'usr/lib/python3/Some_Thing-1.0.dist-info/METADATA':
          'Metadata-Version: 2.1\nName: Some_Thing\nVersion: 1.0\n\nText: no\n',
      },
    ]);
    assert.equal(
      found.packages.map(({ purl, licence }) => [purl, licence ?? null]),
      [
        ['pkg:apk/debian/busybox@1.36', 'GPL-2.0-only'],
        ['pkg:apk/debian/musl@1.2.5-r0', 'MIT'],
        ['pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64', null],
        ['pkg:npm/%40a/b@1.2.3', 'MIT'],
        ['pkg:pypi/some-thing@1.0', null],
      ],
    );
    assert.equal(found.files, []);
  });

  for (const gzip of [false, true]) {
    test(`later layers replace and remove what earlier ones had${gzip ? ', compressed' : ''}`, async () => {
      const found = await contents(
        [
          { 'bin/a': 'one', 'bin/b': 'two', 'old/x': '1', 'old/y/z': '2', 'kept/deep/x': '3' },
          { 'bin/a': 'changed', 'bin/.wh.b': '', 'old/.wh..wh..opq': '', 'old/new': '4', '.wh.nothing': '' },
        ],
        gzip,
      );
      assert.equal(
        found.files.map(({ path }) => path),
        ['bin/a', 'kept/deep/x', 'old/new'],
      );
      assert.is(found.files[0]?.sha256, createHash('sha256').update('changed').digest('hex'));
    });
  }

  test('a layout that names no digest is refused, never followed', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bit-contents-'));
    try {
      writeFileSync(join(directory, 'index.json'), '{"manifests":[{"digest":"sha256:../../../etc/passwd"}]}');
      await readContents(directory, new AbortController().signal);
      assert.unreachable();
    } catch (error) {
      assert.match(String(error), /without digests/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
