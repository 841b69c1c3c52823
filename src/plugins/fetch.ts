import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Reader } from '../operation/index.ts';
import { type PluginManifest, parseManifest } from './manifest.ts';
import { npm } from './npm.ts';
import type { PluginSource } from './source.ts';

/** A plugin's package as it was fetched; nothing of it has run or been unpacked. */
export interface FetchedPlugin {
  readonly manifest: PluginManifest;
  /** The archive, gzipped tar. */
  readonly archive: Uint8Array;
  /** `sha512-<base64>` of the archive. */
  readonly integrity: string;
}

const MOST_ARCHIVE = 64 * 1024 * 1024;
const MOST_MANIFEST = 1024 * 1024;

/** @throws BitError `not-found`, `remote`, `usage` where the package is no plugin, `integrity` */
export async function fetchPlugin(
  reader: Pick<Reader, 'env' | 'signal' | 'progress'>,
  source: PluginSource,
): Promise<FetchedPlugin> {
  const directory = mkdtempSync(join(tmpdir(), 'bit-plugin-'));
  const progress = reader.progress(`Fetching ${source.shown}`);
  try {
    const path = source.kind === 'archive' ? source.spec : await pack(reader, source, directory);
    const { size } = statSync(path);
    if (size > MOST_ARCHIVE) throw new BitError('usage', `${source.shown}: larger than 64 MB`);
    const archive = readFileSync(path);
    const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
    return { manifest: parseManifest(await manifestText(path, source)), archive, integrity };
  } finally {
    progress.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function pack(
  reader: Pick<Reader, 'env' | 'signal'>,
  source: PluginSource,
  directory: string,
): Promise<string> {
  const args = ['pack', '--pack-destination', directory, '--', source.spec];
  const packed = packedFile(await npm(args, { env: reader.env, cwd: directory, signal: reader.signal }));
  if (packed === undefined || /[\\/]/.test(packed)) {
    throw new BitError('failed', `npm pack of ${source.shown} did not name one archive`);
  }
  return join(directory, packed);
}

/** The one file name in what `npm pack --json` prints: a list up to npm 10, an object by name in some later ones. */
function packedFile(stdout: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(stdout);
  } catch {
    return undefined;
  }
  const rows = Array.isArray(value) ? (value as unknown[]) : isJsonObject(value) ? Object.values(value) : [];
  const [row] = rows;
  const filename = rows.length === 1 && isJsonObject(row) ? row['filename'] : undefined;
  return typeof filename === 'string' ? filename : undefined;
}

async function manifestText(path: string, source: PluginSource): Promise<string> {
  const { list } = await import('tar');
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    await list({
      file: path,
      strict: true,
      filter: (name) => /^[^/]+\/package\.json$/.test(name),
      onReadEntry(entry) {
        entry.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= MOST_MANIFEST) chunks.push(chunk);
        });
      },
    });
  } catch (error) {
    throw new BitError('integrity', `${source.shown} is no whole package archive`, { cause: error });
  }
  if (size === 0) throw new BitError('usage', `${source.shown} holds no package.json`);
  if (size > MOST_MANIFEST) throw new BitError('usage', `${source.shown}: package.json is larger than 1 MB`);
  return Buffer.concat(chunks).toString('utf8');
}
