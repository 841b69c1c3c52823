/**
 * A package of a bot or an artifact: an archive that is the same bytes for the same content and key. Whoever has no `bit`
 * verifies it by what every machine has:
 *
 *     tar -xf triage.bitpkg
 *     ssh-keygen -Y verify -f allowed_signers -I ada@example.org -n bithub-package -s SHA256SUMS.sig < SHA256SUMS
 *     sha256sum -c SHA256SUMS
 */
import { sha256 } from '../../kernel/digest.ts';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject } from '../../kernel/json.ts';
import type { PublicKey, Signer } from '../../keys/index.ts';
import { type PackedFile, pack, unpack } from './archive.ts';
import { signerOfSsh, sshSignature } from './signature.ts';

export const MOST_PACKAGE = 256 * 1024 * 1024;

const ABOUT = 'package.json';
const SUMS = 'SHA256SUMS';
const SIGNATURE = 'SHA256SUMS.sig';
const VERSION = 1;

export interface About {
  readonly kind: 'bot' | 'artifact';
  readonly name: string;
  /** Of a bot what `bit bot deploy` would pin; of an artifact its SHA-256. */
  readonly digest: string;
}

export interface Parcel {
  readonly about: About;
  /** Below `bot/` or `artifact/`, without that. */
  readonly files: readonly PackedFile[];
}

export function sealParcel({ about, files }: Parcel, signer: Signer): Buffer {
  const { kind, name, digest } = about;
  const described = Buffer.from(`${JSON.stringify({ v: VERSION, kind, name, digest }, null, 2)}\n`);
  const content = [
    { path: ABOUT, bytes: described },
    ...files.map((one) => ({ ...one, path: `${kind}/${one.path}` })),
  ];
  const sums = Buffer.from(sumsOf(content));
  return pack([
    ...content,
    { path: SUMS, bytes: sums },
    { path: SIGNATURE, bytes: Buffer.from(sshSignature(sums, signer)) },
  ]);
}

function sumsOf(files: readonly PackedFile[]): string {
  return [...files]
    .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
    .map(({ path, bytes }) => `${sha256(bytes).toString('hex')}  ${path}\n`)
    .join('');
}

/** @throws BitError `integrity` where anything of it is not what was signed */
export function openParcel(archive: Buffer): Parcel & { readonly signer: PublicKey } {
  const all = unpack(archive);
  const of = (path: string): PackedFile | undefined => all.find((one) => one.path === path);
  const [about, sums, signature] = [of(ABOUT), of(SUMS), of(SIGNATURE)];
  if (about === undefined || sums === undefined || signature === undefined) throw broken('it lacks a part');
  const signer = signerOfSsh(sums.bytes, Buffer.from(signature.bytes).toString('latin1'));
  if (signer === undefined) throw broken('its signature does not hold');
  const content = all.filter((one) => one !== sums && one !== signature);
  if (sumsOf(content) !== Buffer.from(sums.bytes).toString('utf8'))
    throw broken('a file is not what was signed');
  const told = aboutFrom(about.bytes);
  const inside = `${told.kind}/`;
  const files = content.filter((one) => one !== about);
  if (!files.every(({ path }) => path.startsWith(inside))) throw broken('it holds a file of another kind');
  return {
    about: told,
    signer,
    files: files.map((one) => ({ ...one, path: one.path.slice(inside.length) })),
  };
}

function aboutFrom(bytes: Uint8Array): About {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw broken('what it says of itself is no JSON');
  }
  if (!isJsonObject(value) || value['v'] !== VERSION)
    throw new BitError('unsupported', 'the package is of a version that is not known here', {
      hint: 'update bit',
    });
  const { kind, name, digest } = value;
  if ((kind !== 'bot' && kind !== 'artifact') || typeof name !== 'string' || typeof digest !== 'string')
    throw broken('it does not say what it is');
  return { kind, name, digest };
}

function broken(why: string): BitError {
  return new BitError('integrity', `the package is not to be trusted: ${why}`);
}
