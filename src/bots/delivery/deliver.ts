import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { readBoundedFile } from '../../kernel/bounded-file.ts';
import { sha256 } from '../../kernel/digest.ts';
import { BitError, fromErrno } from '../../kernel/errors.ts';
import { writeFileAtomic } from '../../kernel/files.ts';
import type { Paper } from '../../kernel/paper.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { Effect, Reader } from '../../operation/index.ts';
import { sourceOf } from '../create.ts';
import { botDigest } from '../deployed.ts';
import { checkBotName } from '../manifest.ts';
import { MOST_PACKAGE, type Parcel, sealParcel } from './parcel.ts';
import { checkUri, isUri, putPackage } from './places.ts';
import { type Addressee, addresseeOf, encryptTo, requireAddressee } from './recipients.ts';

export interface DeliverRequest {
  /** Somebody it is encrypted to, a storage URI, or a path. */
  readonly to: string;
  readonly bot: string | undefined;
  readonly artifact: string | undefined;
  /** Encrypted to these, where `to` is a place. */
  readonly for: readonly string[];
  /** Where the package for somebody is written; default `<name>.bitpkg.age` here. A storage URI or a path. */
  readonly at: string | undefined;
}

/** What was delivered; the ledger's entry holds the same. */
export interface Receipt {
  readonly kind: 'bot' | 'artifact';
  readonly name: string;
  /** Of the content: what whoever takes it in ends up with. */
  readonly content: string;
  /** Of the package, as it was delivered. */
  readonly sha256: string;
  readonly bytes: number;
  readonly signer: string;
  /** Empty: it is signed, and not encrypted. */
  readonly recipients: readonly string[];
  readonly at: string;
}

/**
 * Packs a bot or a file, signs it by the key of bit, encrypts it to who it is for and puts it there.
 *
 * @throws BitError `not-found`; `usage`; `conflict` where there is a file of that name
 */
export async function deliver(reader: Reader, request: DeliverRequest): Promise<Effect<Receipt>> {
  const parcel = await parcelOf(reader, request);
  const { kind, name, digest } = parcel.about;
  const addressee = isUri(request.to) ? undefined : await addresseeOf(reader, request.to);
  const others = await Promise.all(request.for.map((one) => requireAddressee(reader, one)));
  const to: readonly Addressee[] = [...(addressee === undefined ? [] : [addressee]), ...others];
  const at = placeFor(reader, {
    request,
    addressed: addressee !== undefined,
    encrypted: to.length > 0,
    name,
  });
  if (isUri(at)) await checkUri(reader, at);
  const shown = to.map((one) => one.shown);
  return {
    summary: `deliver ${kind} ${name} to ${addressee?.shown ?? at}`,
    target: { kind, name, digest, recipients: shown, at, encrypted: to.length > 0 },
    plan: [
      `pack ${parcel.files.length} ${parcel.files.length === 1 ? 'file' : 'files'} of ${kind} ${name} (${digest.slice(0, 19)})`,
      'sign it by the key of bit, for ssh-keygen -Y verify too',
      to.length === 0 ? 'not encrypted: whoever finds it reads it' : `encrypt it to ${shown.join(', ')}`,
      `put it at ${at}`,
    ],
    touches: { refs: [], ...(isUri(at) ? {} : { files: [resolve(reader.cwd, at)] }) },
    ...(isUri(at) ? { irreversible: [`put at ${at}`] } : {}),
    async run(writer) {
      const signer = await writer.keys.signer();
      const plain = sealParcel(parcel, signer);
      const bytes = to.length === 0 ? plain : await encryptTo(plain, to);
      const stored = isUri(at) ? await putPackage(writer, at, bytes) : at;
      if (!isUri(at)) {
        refuseTaken(reader, at);
        writeFileAtomic(resolve(reader.cwd, at), bytes);
      }
      return {
        ...{ kind, name, content: digest, recipients: shown, at: stored },
        sha256: sha256(bytes).toString('hex'),
        bytes: bytes.length,
        signer: signer.publicKey,
      };
    },
    record: (out) => ({ ...out }),
  };
}

async function parcelOf(reader: Reader, { bot, artifact }: DeliverRequest): Promise<Parcel> {
  if ((bot === undefined) === (artifact === undefined))
    throw new BitError('usage', 'what is to be delivered?', { hint: '--bot NAME, or --artifact FILE' });
  if (bot !== undefined) {
    const { text, files } = await sourceOf(reader, checkBotName(bot));
    return {
      about: { kind: 'bot', name: bot, digest: botDigest(text, files) },
      files: [
        { path: `${bot}.yml`, bytes: Buffer.from(text) },
        ...files.map((file) => ({ path: `${bot}/${file.path}`, bytes: Buffer.from(file.text) })),
      ],
    };
  }
  const bytes = readArtifact(reader, artifact ?? '');
  const name = basename(resolve(reader.cwd, artifact ?? ''));
  return {
    about: { kind: 'artifact', name, digest: `sha256:${sha256(bytes).toString('hex')}` },
    files: [{ path: name, bytes }],
  };
}

function readArtifact({ cwd }: Reader, artifact: string): Buffer {
  const shown = printable(shorten(artifact));
  try {
    return readBoundedFile(resolve(cwd, artifact), MOST_PACKAGE / 2);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new BitError('not-found', `there is no ${shown}`);
    throw fromErrno(error, `cannot read ${shown}`);
  }
}

interface Placing {
  readonly request: DeliverRequest;
  readonly addressed: boolean;
  readonly encrypted: boolean;
  readonly name: string;
}

function placeFor(reader: Reader, { request, addressed, encrypted, name }: Placing): string {
  const { to, at } = request;
  const file = `${name}.bitpkg${encrypted ? '.age' : ''}`;
  if (!addressed && at !== undefined)
    throw new BitError('usage', '--at says where a package for somebody goes; this one has a place', {
      hint: 'encrypt it with --for',
    });
  const place = addressed ? (at ?? file) : to;
  if (isUri(place)) return place;
  if (!addressed && !/[\\/.]/.test(to))
    throw new BitError('not-found', `${printable(shorten(to))} is nobody known here, and no place`, {
      hint: 'a storage URI, a path (./folder/), age1…, ssh-ed25519 …, ed25519:…, self, or a name of .bithub/allowed_signers',
    });
  if (/[\0\n]/.test(place) || /^[a-z][a-z0-9+]*:\/\//i.test(place))
    throw new BitError('usage', `${printable(shorten(place))} is no place for a package`, {
      hint: 'aln+ns://ROOT/PATH, aln+s3://BUCKET/KEY, or a path',
    });
  const path = resolve(reader.cwd, place);
  const folder = place.endsWith('/') || (existsSync(path) && statSync(path).isDirectory());
  const chosen = folder ? join(place, file) : place;
  refuseTaken(reader, chosen);
  return chosen;
}

function refuseTaken({ cwd }: Reader, path: string): void {
  if (!existsSync(resolve(cwd, path))) return;
  throw new BitError('conflict', `there is a ${printable(shorten(path))} already`, { details: { path } });
}

export function renderReceipt(out: Receipt, page: Paper): void {
  page.line(page.safe(`delivered ${out.kind} ${out.name} to ${out.at}`));
  page.line(page.safe(`  package  sha256:${out.sha256} (${out.bytes} bytes)`));
  page.line(page.safe(`  content  ${out.content}`));
  page.line(page.safe(`  signed   ${out.signer}`));
  page.line(page.safe(`  for      ${out.recipients.join(', ') || 'whoever finds it: it is not encrypted'}`));
}
