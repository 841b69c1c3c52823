/** What a registry says of one version, by the person's npm: its settings, its credentials. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject } from '../../kernel/json.ts';
import type { Reader } from '../../operation/index.ts';
import { npm } from '../npm.ts';

export interface RegistrySignature {
  readonly keyid: string;
  /** ECDSA, DER. */
  readonly sig: Buffer;
}

export interface Published {
  readonly name: string;
  readonly version: string;
  /** Ends with `/`. */
  readonly registry: URL;
  /** As the registry states it and signs it; undefined where it states none. */
  readonly integrity: string | undefined;
  readonly signatures: readonly RegistrySignature[];
  readonly published: Date | undefined;
  /** Where its attestations are, on this registry, and whether a provenance is said to be among them. */
  readonly attestations: { readonly url: URL; readonly provenance: boolean } | undefined;
}

const MOST_SIGNATURES = 20;

/** @throws BitError `integrity` for what can't be read, and npm's own */
export async function readPublished(
  reader: Pick<Reader, 'env' | 'signal'>,
  { name, version }: { readonly name: string; readonly version: string },
): Promise<Published> {
  const cwd = mkdtempSync(join(tmpdir(), 'bit-plugin-'));
  try {
    const options = { env: reader.env, cwd, signal: reader.signal };
    const scope = name.startsWith('@') ? [`${name.slice(0, name.indexOf('/'))}:registry`] : [];
    const [told, settings] = await Promise.all([
      npm(['view', '--', `${name}@${version}`, 'name', 'version', 'dist', 'time'], options),
      // two names at the least: of one alone npm prints the value alone
      npm(['config', 'get', 'registry', 'ignore-scripts', ...scope], options),
    ]);
    return publishedOf(told, { name, version, registry: registryOf(settings, scope) });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

function registryOf(settings: string, scope: readonly string[]): URL {
  const lines = settings.split('\n').map((line) => line.trim());
  for (const key of [...scope, 'registry']) {
    const value = lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1);
    if (value === undefined || value === 'undefined' || value === 'null') continue;
    const address = value.endsWith('/') ? value : `${value}/`;
    if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return new URL(address);
  }
  throw new BitError('failed', 'npm names no registry that could be asked');
}

/** Reads what `npm view` prints. */
export function publishedOf(
  text: string,
  { name, version, registry }: Pick<Published, 'name' | 'version' | 'registry'>,
): Published {
  const wrong = (what: string): BitError =>
    new BitError('integrity', `what the registry says of ${name}@${version} can't be read: ${what}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('no JSON, or too much of it');
  }
  // some versions of npm print a list
  const row: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (!isJsonObject(row)) throw wrong('not one version');
  if (row['name'] !== name || row['version'] !== version) throw wrong('another package or version');
  const { dist, time } = row;
  if (!isJsonObject(dist)) throw wrong('dist');
  const { integrity, signatures = [], attestations } = dist;
  if (integrity !== undefined && (typeof integrity !== 'string' || integrity.length > 1000))
    throw wrong('dist.integrity');
  const list: unknown = signatures;
  if (!Array.isArray(list) || list.length > MOST_SIGNATURES) throw wrong('dist.signatures');
  const moment = isJsonObject(time) ? time[version] : undefined;
  const published = typeof moment === 'string' ? new Date(moment) : undefined;
  if (published !== undefined && Number.isNaN(published.getTime())) throw wrong('time');
  return {
    name,
    version,
    registry,
    integrity,
    signatures: (list as unknown[]).map((signature) => {
      if (!isJsonObject(signature)) throw wrong('dist.signatures');
      const { keyid, sig } = signature;
      if (typeof keyid !== 'string' || typeof sig !== 'string' || sig.length > 2000)
        throw wrong('dist.signatures');
      return { keyid, sig: Buffer.from(sig, 'base64') };
    }),
    published,
    attestations:
      attestations === undefined || attestations === null
        ? undefined
        : attestationsOf(attestations, registry, wrong),
  };
}

/** They are asked of the registry the package came from, whatever host the address names: a mirror copies addresses. */
function attestationsOf(
  value: unknown,
  registry: URL,
  wrong: (what: string) => BitError,
): NonNullable<Published['attestations']> {
  if (!isJsonObject(value)) throw wrong('dist.attestations');
  const { url, provenance } = value;
  if (typeof url !== 'string' || url.length > 2000 || !URL.canParse(url))
    throw wrong('dist.attestations.url');
  const said = new URL(url);
  const path = said.href.startsWith(registry.href)
    ? said.href.slice(registry.href.length)
    : said.pathname.slice(1);
  return { url: new URL(`./${path}`, registry), provenance: provenance !== undefined && provenance !== null };
}
