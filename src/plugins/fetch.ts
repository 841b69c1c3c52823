import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { type FoundMacro, MOST_MACRO_BYTES, MOST_MACROS, macroPackage, readMacros } from './macros.ts';
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
  /** By id. */
  readonly macros: Readonly<Record<string, FoundMacro>>;
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
    const path = await archiveOf(reader, source, directory);
    const { size } = statSync(path);
    if (size > MOST_ARCHIVE) throw new BitError('usage', `${source.shown}: larger than 64 MB`);
    const archive = readFileSync(path);
    const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
    const { text, macros } = await readTexts(path, source);
    const manifest = parseManifest(text);
    return { manifest, archive, integrity, macros: readMacros(manifest, macros) };
  } finally {
    progress.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function archiveOf(
  reader: Pick<Reader, 'env' | 'signal'>,
  source: PluginSource,
  directory: string,
): Promise<string> {
  if (source.kind === 'archive') return source.spec;
  if (source.kind !== 'macro') return pack(reader, source, directory);
  const { text } = macroPackage(source.spec, 'macros');
  mkdirSync(join(directory, 'package', 'macros'), { recursive: true });
  writeFileSync(join(directory, 'package', 'package.json'), text);
  copyFileSync(source.spec, join(directory, 'package', 'macros', basename(source.spec)));
  const file = join(directory, 'macro.tgz');
  const { create } = await import('tar');
  // the same bytes for the same macro, whenever it is packed
  await create({ gzip: true, file, cwd: directory, portable: true, mtime: new Date(0) }, [
    'package/package.json',
    `package/macros/${basename(source.spec)}`,
  ]);
  return file;
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

interface Texts {
  /** package.json. */
  readonly text: string;
  /** `.bit` files by their path in the package. */
  readonly macros: ReadonlyMap<string, string>;
}

async function readTexts(path: string, source: PluginSource): Promise<Texts> {
  const { list } = await import('tar');
  const chunks: Buffer[] = [];
  const macros = new Map<string, string>();
  let size = 0;
  let large: string | undefined;
  try {
    await list({
      file: path,
      strict: true,
      filter: (name) => /^[^/]+\/(?:package\.json|.+\.bit)$/.test(name) && !name.includes('/node_modules/'),
      onReadEntry(entry) {
        const inside = entry.path.slice(entry.path.indexOf('/') + 1);
        if (inside.endsWith('.bit')) {
          if (entry.size > MOST_MACRO_BYTES || macros.size >= MOST_MACROS) large ??= inside;
          const parts: Buffer[] = [];
          entry.on('data', (chunk: Buffer) => void (large === undefined && parts.push(chunk)));
          entry.on('end', () => void macros.set(inside, Buffer.concat(parts).toString('utf8')));
          return;
        }
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
  if (large !== undefined)
    throw new BitError(
      'usage',
      `${source.shown}: ${printable(shorten(large))} is one macro too many or too large`,
    );
  return { text: Buffer.concat(chunks).toString('utf8'), macros };
}
