/**
 * A certificate of the controller's own (X.509 v3, RFC 5280; ECDSA over P-256), for `tls.mode: self-signed-ok`: Node makes
 * keys and signatures, but no certificates.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { makeDirectory, readTextIfExists, writeFileAtomic } from '../../kernel/files.ts';

export interface Certificate {
  /** PEM, PKCS #8. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}

export interface CertificateOptions {
  /** Host names and addresses it is for; the first is its common name. */
  readonly names: readonly string[];
  readonly now: Date;
  /** Default 825. */
  readonly days?: number;
  /** Its private key; default a new one. */
  readonly key?: KeyObject;
}

const DAY = 86_400_000;

/** DER: a tag, a length, the contents (X.690). */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes = length < 256 ? [length] : [length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, 128 + bytes.length, ...bytes]), content]);
}

const sequence = (...items: readonly Uint8Array[]): Buffer => der(0x30, ...items);
const set = (...items: readonly Uint8Array[]): Buffer => der(0x31, ...items);
const octets = (content: Uint8Array): Buffer => der(0x04, content);
const bits = (content: Uint8Array): Buffer => der(0x03, Buffer.of(0), content);
const text = (value: string): Buffer => der(0x0c, Buffer.from(value));
const object = (...bytes: readonly number[]): Buffer => der(0x06, Buffer.from(bytes));
const truth = der(0x01, Buffer.of(0xff));
/** UTCTime until 2049, then GeneralizedTime (RFC 5280, 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
  return date.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(digits.slice(2)))
    : der(0x18, Buffer.from(digits));
}

const ECDSA_WITH_SHA256 = sequence(object(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const COMMON_NAME = object(0x55, 0x04, 0x03);
const BASIC_CONSTRAINTS = object(0x55, 0x1d, 0x13);
const KEY_USAGE = object(0x55, 0x1d, 0x0f);
const EXTENDED_KEY_USAGE = object(0x55, 0x1d, 0x25);
const SERVER_AUTH = object(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01);
const SUBJECT_ALT_NAME = object(0x55, 0x1d, 0x11);

export function makeCertificate({ names, now, days = 825, key }: CertificateOptions): Certificate {
  const privateKey = key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const publicKey = createPublicKey(privateKey);
  const name = sequence(set(sequence(COMMON_NAME, text((names[0] ?? 'bit mesh').slice(0, 64)))));
  const serial = randomBytes(16);
  // positive, and of full length
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const begins = new Date(now.getTime() - DAY);
  const ends = new Date(now.getTime() + days * DAY);
  const extensions = sequence(
    sequence(BASIC_CONSTRAINTS, truth, octets(sequence())),
    sequence(KEY_USAGE, truth, octets(der(0x03, Buffer.of(7, 0x80)))),
    sequence(EXTENDED_KEY_USAGE, octets(sequence(SERVER_AUTH))),
    ...(names.length === 0 ? [] : [sequence(SUBJECT_ALT_NAME, octets(sequence(...names.map(alternative))))]),
  );
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(begins), time(ends)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const certificate = sequence(signed, ECDSA_WITH_SHA256, bits(sign('sha256', signed, privateKey)));
  const lines = certificate.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

/** A host name as `[2] dNSName`, an address as `[7] iPAddress`. */
function alternative(name: string): Buffer {
  const version = isIP(name);
  if (version === 0) return der(0x82, Buffer.from(name, 'latin1'));
  return der(0x87, version === 4 ? Buffer.from(name.split('.').map(Number)) : bytesOfIpv6(name));
}

function bytesOfIpv6(address: string): Buffer {
  // the URL parser writes it without embedded IPv4 parts
  const plain = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const after = tail === undefined ? [] : groups(tail);
  const before = groups(head);
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  const bytes = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  return Buffer.from(bytes.flatMap((group) => [group >> 8, group & 255]));
}

/**
 * The certificate kept in a folder: made at first use, and made anew when less than 30 days are left or it is for other
 * names. Its key stays, for that is what was pinned.
 *
 * @throws BitError `io`
 */
export function keepCertificate(folder: string, options: CertificateOptions): Certificate {
  const file = join(folder, 'tls.pem');
  const kept = read(readTextIfExists(file));
  if (kept !== undefined && serves(kept.certificate, options)) return kept.pem;
  makeDirectory(folder, 0o700);
  const made = makeCertificate(kept === undefined ? options : { ...options, key: kept.key });
  // one file, so that key and certificate can't be of two makings
  writeFileAtomic(file, made.key + made.cert, { mode: 0o600 });
  return made;
}

function serves(certificate: X509Certificate, { names, now }: CertificateOptions): boolean {
  if (certificate.validToDate.getTime() - now.getTime() < 30 * DAY) return false;
  return names.every(
    (name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined,
  );
}

interface Kept {
  readonly pem: Certificate;
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

const FILE =
  /^(-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----\n)(-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\n)$/;

function read(file: string | undefined): Kept | undefined {
  const [, key, cert] = FILE.exec(file ?? '') ?? [];
  if (key === undefined || cert === undefined) return undefined;
  try {
    const kept = { pem: { key, cert }, key: createPrivateKey(key), certificate: new X509Certificate(cert) };
    return kept.certificate.checkPrivateKey(kept.key) ? kept : undefined;
  } catch {
    // damaged: a new one is made, and who pinned the old key says so
    return undefined;
  }
}
