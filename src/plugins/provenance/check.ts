import { BitError } from '../../kernel/errors.ts';
import type { Reader } from '../../operation/index.ts';
import type { FetchedPlugin } from '../fetch.ts';
import type { PluginSource } from '../source.ts';
import { type Answer, type AskOptions, ask } from './ask.ts';
import { NO_ORIGIN, type Origin, type Provenance, type Requirement } from './origin.ts';
import { type Published, readPublished } from './published.ts';
import { type RegistryKey, readKeys, verifySignatures } from './signature.ts';
import type { TrustRoot } from './trust-root.ts';

export interface OriginRequest {
  readonly source: PluginSource;
  readonly fetched: Pick<FetchedPlugin, 'manifest' | 'integrity'>;
  /** What must be there and hold. */
  readonly require: readonly Requirement[];
  /** Default: Sigstore's public instance. */
  readonly trust?: TrustRoot | undefined;
}

/**
 * Who signed for a package of a registry. What is not there is said to be absent; what is there and does not hold is
 * refused.
 *
 * @throws BitError `integrity`; `remote` for a registry that answers too slowly, too much or nothing that can be read;
 *   `denied` where something required is not there
 */
export async function checkOrigin(
  reader: Pick<Reader, 'env' | 'signal' | 'now' | 'cacheDirectory' | 'progress'>,
  { source, fetched, require, trust }: OriginRequest,
): Promise<Origin> {
  const { name, version } = fetched.manifest;
  const origin = source.kind === 'npm' ? await ofRegistry(reader, { source, fetched, trust }) : NO_ORIGIN;
  for (const wanted of require) {
    const there = wanted === 'signature' ? origin.signature === 'verified' : origin.provenance !== null;
    if (there) continue;
    const what = wanted === 'signature' ? 'registry signature' : 'provenance';
    throw new BitError(
      'denied',
      `${name} ${version} has no ${what} that could be checked, and one is required`,
      {
        ...(origin.notes.length === 0 ? {} : { hint: origin.notes.join('; ') }),
        details: { package: name, version, required: wanted },
      },
    );
  }
  return origin;
}

async function ofRegistry(
  reader: Parameters<typeof checkOrigin>[0],
  { source, fetched, trust }: Omit<OriginRequest, 'require'>,
): Promise<Origin> {
  const { name, version } = fetched.manifest;
  const asked = source.spec.replace(/(?<=.)@.*$/, '');
  if (asked !== name)
    throw new BitError('integrity', `the registry's ${asked} is a package that calls itself ${name}`);
  const progress = reader.progress(`Checking who signed ${name} ${version}`);
  try {
    return await checkPublished(await readPublished(reader, { name, version }), {
      integrity: fetched.integrity,
      now: reader.now(),
      signal: reader.signal,
      trust: trust ?? (async () => (await import('./trust-root.ts')).sigstoreRoot(reader.cacheDirectory)),
    });
  } finally {
    progress.end();
  }
}

export interface PublishedOptions extends AskOptions {
  /** Of the archive that was fetched, `sha512-…`. */
  readonly integrity: string;
  readonly now: Date;
  readonly trust: TrustRoot | (() => Promise<TrustRoot>);
  /** Keys of registries that were asked already, where many packages are looked at. */
  readonly known?: Map<string, ReturnType<typeof keysOf>>;
}

/** The same, of what the registry says. */
export async function checkPublished(published: Published, options: PublishedOptions): Promise<Origin> {
  const { signatures, attestations } = published;
  compareArchive(published, options.integrity);
  if (signatures.length === 0 && attestations === undefined) return NO_ORIGIN;
  const asked = options.known?.get(published.registry.href) ?? keysOf(published, options);
  options.known?.set(published.registry.href, asked);
  const keys = await asked;
  if (typeof keys !== 'string' && signatures.length > 0)
    verifySignatures(published, { keys, now: options.now });
  const build = await provenanceOf(published, typeof keys === 'string' ? undefined : keys, options);
  return {
    signature: signatures.length === 0 ? 'absent' : typeof keys === 'string' ? 'unchecked' : 'verified',
    provenance: typeof build === 'string' ? null : build,
    notes: [
      ...(typeof keys === 'string' && signatures.length > 0 ? [`the signature is not checked: ${keys}`] : []),
      ...(typeof build === 'string' ? [`the provenance is not checked: ${build}`] : []),
    ],
  };
}

/** What is signed is what the registry states; it must be what was fetched. */
function compareArchive({ name, version, registry, integrity, ...rest }: Published, fetched: string): void {
  const stated = (integrity ?? '').split(/\s+/).filter((one) => one.startsWith('sha512-'));
  const signed = rest.signatures.length > 0 || rest.attestations !== undefined;
  if (stated.length === 0 ? !signed : stated.every((one) => one === fetched)) return;
  throw new BitError(
    'integrity',
    stated.length === 0
      ? `${registry.host} states no SHA-512 of ${name}@${version}, so what it signed can't be compared`
      : `what was fetched is not the ${name}@${version} that ${registry.host} states`,
    { details: { fetched, stated } },
  );
}

/** The keys of a registry, or why there are none. */
async function keysOf(
  { registry }: Published,
  options: PublishedOptions,
): Promise<readonly RegistryKey[] | string> {
  const answer = await ask(new URL('./-/npm/v1/keys', registry), options);
  if (answer.status !== 200) return why(registry, 'keys', answer);
  const keys = readKeys(answer.value, registry);
  return keys.length === 0 ? `${registry.host} has no keys` : keys;
}

/** The build, null where none is told of, or why it was not checked. */
async function provenanceOf(
  { name, version, registry, attestations }: Published,
  keys: readonly RegistryKey[] | undefined,
  options: PublishedOptions,
): Promise<Provenance | null | string> {
  if (attestations === undefined) return null;
  const answer = await ask(attestations.url, options);
  if (answer.status !== 200) return why(registry, 'attestations', answer);
  const { checkAttestations } = await import('./attestations.ts');
  const build = await checkAttestations(answer.value, {
    name,
    version,
    sha512: Buffer.from(options.integrity.slice('sha512-'.length), 'base64').toString('hex'),
    keys,
    signal: options.signal,
    trust: typeof options.trust === 'function' ? await options.trust() : options.trust,
  });
  if (build === undefined && attestations.provenance)
    throw new BitError(
      'integrity',
      `${registry.host} tells of a provenance of ${name}@${version} and has none`,
    );
  return build ?? null;
}

function why({ host }: URL, what: string, { status }: Answer): string {
  return status === 0 ? `${host} can't be reached for them` : `${host} has no ${what} (status ${status})`;
}
