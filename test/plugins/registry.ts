/** A small npm registry on loopback: packuments and archives, and which were asked for. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import type { Files } from './fixture.ts';

export interface Package {
  readonly manifest: { readonly name: string; readonly version: string } & Readonly<Record<string, unknown>>;
  readonly files: Files;
}

export interface Registry {
  readonly url: string;
  readonly asked: string[];
  /** Serves other bytes than the packument promises. */
  corrupt: boolean;
  /** Documents by their path, without the first `/`. */
  readonly documents: Map<string, unknown>;
  /** What is said of a `name@version` beside digest and address. */
  readonly dist: Map<string, Readonly<Record<string, unknown>>>;
  integrity(name: string, version: string): string;
  close(): Promise<void>;
}

/** The archive `npm pack` would make, byte for byte the caller's files under `package/`. */
export async function archive({ manifest, files }: Package): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), 'bit-archive-'));
  try {
    for (const [name, text] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files })) {
      mkdirSync(dirname(join(directory, 'package', name)), { recursive: true });
      writeFileSync(join(directory, 'package', name), text);
    }
    await create({ gzip: true, file: join(directory, 'p.tgz'), cwd: directory, portable: true }, ['package']);
    return readFileSync(join(directory, 'p.tgz'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

export async function openRegistry(packages: readonly Package[]): Promise<Registry> {
  const archives = new Map<string, Buffer>();
  for (const one of packages)
    archives.set(`${one.manifest.name}-${one.manifest.version}.tgz`, await archive(one));
  const asked: string[] = [];
  const registry = { corrupt: false };
  const documents = new Map<string, unknown>();
  const said = new Map<string, Readonly<Record<string, unknown>>>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').slice(1).split('?')[0] ?? '');
    asked.push(path);
    const bytes = archives.get(path.replace(/^-\//, ''));
    if (path.startsWith('-/') && bytes !== undefined) {
      response.end(registry.corrupt ? Buffer.concat([bytes, Buffer.from('x')]) : bytes);
      return;
    }
    if (documents.has(path)) {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(documents.get(path)));
      return;
    }
    const versions = packages.filter(({ manifest }) => manifest.name === path);
    const newest = versions.at(-1);
    if (newest === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not_found"}');
      return;
    }
    const { port } = server.address() as AddressInfo;
    const described = versions.map(({ manifest }) => {
      const file = `${manifest.name}-${manifest.version}.tgz`;
      const integrity = integrityOf(archives.get(file) ?? Buffer.alloc(0));
      const more = said.get(`${manifest.name}@${manifest.version}`);
      const dist = { ...more, integrity, tarball: `http://127.0.0.1:${port}/-/${encodeURIComponent(file)}` };
      return [manifest.version, { ...manifest, dist }];
    });
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        name: path,
        'dist-tags': { latest: newest.manifest.version },
        versions: Object.fromEntries(described),
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    documents,
    dist: said,
    integrity: (name, version) => integrityOf(archives.get(`${name}-${version}.tgz`) ?? Buffer.alloc(0)),
    get corrupt() {
      return registry.corrupt;
    },
    set corrupt(value) {
      registry.corrupt = value;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
