/** The packages a plugin depends on, as npm installed them: who signed for each, as `npm audit signatures` asks. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBoundedFile } from '../../kernel/bounded-file.ts';
import { BitError, isBitError } from '../../kernel/errors.ts';
import { isJsonObject, type Json } from '../../kernel/json.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { Reader } from '../../operation/index.ts';
import { checkPublished, type PublishedOptions } from './check.ts';
import { NO_ORIGIN, type Origin, type Requirement } from './origin.ts';
import { readPublished } from './published.ts';
import type { TrustRoot } from './trust-root.ts';

export interface Dependencies {
  /** Each version once. */
  readonly packages: number;
  /** Of these with a verified signature of the registry. */
  readonly signed: number;
  /** Of these with a provenance that held. */
  readonly built: number;
}

export interface TreeRequest {
  /** The plugin, for messages. */
  readonly plugin: string;
  readonly require: readonly Requirement[];
  readonly trust?: TrustRoot | undefined;
}

interface Installed {
  readonly name: string;
  readonly version: string;
  /** As npm compared the archive with it; undefined where there was none (git, a folder). */
  readonly integrity: string | undefined;
}

const MOST_PACKAGES = 500;
const MOST_LOCK = 16 * 1024 * 1024;
const AT_A_TIME = 4;

/**
 * Nothing of them has run yet. Whatever is signed must hold; a signature is required of each where one is required of the
 * plugin, a provenance never: few packages have one.
 *
 * @throws BitError `integrity`, `remote`, `denied` naming the first that has none
 */
export async function checkTree(
  reader: Pick<Reader, 'env' | 'signal' | 'now' | 'cacheDirectory' | 'progress'>,
  directory: string,
  request: TreeRequest,
): Promise<Dependencies> {
  const packages = installedIn(directory, request.plugin);
  const progress = reader.progress(`Checking who signed the ${packages.length} packages it depends on`);
  const origins: Origin[] = [];
  let root: Promise<TrustRoot> | undefined;
  const trust = (): Promise<TrustRoot> => {
    root ??=
      request.trust === undefined
        ? import('./trust-root.ts').then(({ sigstoreRoot }) => sigstoreRoot(reader.cacheDirectory))
        : Promise.resolve(request.trust);
    return root;
  };
  const options = { now: reader.now(), signal: reader.signal, trust, known: new Map() };
  const left = [...packages];
  const work = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      origins.push(await originOf(reader, one, request, options));
      progress.update('', origins.length, packages.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
  } finally {
    // the others end with what they are at
    left.length = 0;
    progress.end();
  }
  return {
    packages: packages.length,
    signed: origins.filter(({ signature }) => signature === 'verified').length,
    built: origins.filter(({ provenance }) => provenance !== null).length,
  };
}

async function originOf(
  reader: Pick<Reader, 'env' | 'signal'>,
  { name, version, integrity }: Installed,
  { plugin, require }: TreeRequest,
  options: Omit<PublishedOptions, 'integrity'>,
): Promise<Origin> {
  const what = `${printable(shorten(name))} ${printable(shorten(version))}, which ${plugin} depends on,`;
  const denied = (why: string, hint?: string): BitError =>
    new BitError('denied', `${what} ${why}`, {
      ...(hint === undefined ? {} : { hint }),
      details: { package: name, version, required: [...require] },
    });
  const required = require.includes('signature');
  if (integrity?.startsWith('sha512-') !== true) {
    if (required) throw denied('is no archive of a registry with a SHA-512, and a signature is required');
    return NO_ORIGIN;
  }
  let published: Awaited<ReturnType<typeof readPublished>>;
  try {
    published = await readPublished(reader, { name, version });
  } catch (error) {
    if (!isBitError(error, 'not-found')) throw error;
    if (required) throw denied('is none that the registry knows, and a signature is required');
    return NO_ORIGIN;
  }
  const origin = await checkPublished(published, { ...options, integrity });
  if (!required || origin.signature === 'verified') return origin;
  throw denied(
    'has no registry signature that could be checked, and one is required',
    origin.notes.length === 0 ? undefined : origin.notes.join('; '),
  );
}

/**
 * What npm wrote down of what it installed. What came within the plugin's own archive, or within that of a package it
 * depends on, is covered by the signature of that.
 */
function installedIn(directory: string, plugin: string): readonly Installed[] {
  const modules = join(directory, 'node_modules');
  const path = join(modules, '.package-lock.json');
  if (!existsSync(modules)) return [];
  const wrong = (why: string): BitError =>
    new BitError('integrity', `what npm installed for ${plugin} can't be told: ${why}`);
  if (!existsSync(path)) throw wrong('it wrote no list');
  let value: unknown;
  try {
    value = JSON.parse(readBoundedFile(path, MOST_LOCK).toString('utf8'));
  } catch (error) {
    throw isBitError(error) ? error : wrong('its list is no JSON');
  }
  const rows = isJsonObject(value) ? value['packages'] : undefined;
  if (!isJsonObject(rows)) throw wrong('its list names no packages');
  const found = new Map<string, Installed>();
  for (const [place, row] of Object.entries(rows)) {
    if (!isJsonObject(row)) throw wrong(place);
    const one = installedOf(place, row);
    if (one === 'within') continue;
    if (one === undefined) throw wrong(printable(shorten(place)));
    found.set(`${one.name}@${one.version} ${one.integrity ?? ''}`, one);
  }
  if (found.size <= MOST_PACKAGES) return [...found.values()];
  throw new BitError(
    'unsupported',
    `${plugin} depends on ${found.size} packages: more than the ${MOST_PACKAGES} whose signers are looked at`,
  );
}

const NAME = /^(?:@[a-z0-9._~-]{1,100}\/)?[A-Za-z0-9._~-]{1,214}$/;
const VERSION = /^[0-9A-Za-z.+-]{1,256}$/;

function installedOf(place: string, row: Readonly<Record<string, Json>>): Installed | 'within' | undefined {
  const { version, resolved, integrity, inBundle, link } = row;
  if (inBundle === true || link === true) return 'within';
  if (typeof resolved === 'string' && resolved.startsWith('file:')) return 'within';
  // an alias has its own name beside the folder's
  const name = typeof row['name'] === 'string' ? row['name'] : place.replace(/^.*node_modules\//, '');
  if (!NAME.test(name) || typeof version !== 'string' || !VERSION.test(version)) return undefined;
  const digest = typeof integrity === 'string' && integrity.length <= 1000 ? integrity : undefined;
  return { name, version, integrity: digest };
}
