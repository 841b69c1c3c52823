/** crypto.x509.* and crypto.parse_private_keys: certificates as OPA shows them, with the members policies ask for. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { normalNumber, type PlainObject, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';
import {
  inside,
  integerOf,
  type Node,
  nodesOf,
  oidOf,
  readNode,
  SEQUENCE,
  SET,
  textOf,
  timeOf,
} from './der.ts';

const MOST_BYTES = 256 * 1024;
const MOST_CERTIFICATES = 64;
const WORK = 3000;

interface Block {
  readonly type: string;
  readonly bytes: Buffer;
}

function blocksOf(text: string): Block[] {
  const found = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g);
  return [...found].map(([, type = '', body = '']) => ({ type, bytes: Buffer.from(body, 'base64') }));
}

/** PEM as it is, or PEM or DER in base64. */
function blocks(o: Operands, i: number, type: string): Block[] {
  const text = o.string(i);
  o.output(text.length);
  if (text.length > MOST_BYTES) throw new BuiltinError('the certificates are too large');
  if (text.includes('-----BEGIN')) return blocksOf(text);
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text) || text.replace(/\s/g, '').length % 4 !== 0)
    throw new BuiltinError('illegal base64 data');
  const bytes = Buffer.from(text, 'base64');
  const inner = bytes.toString('latin1');
  if (inner.includes('-----BEGIN')) return blocksOf(inner);
  const all: Block[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const { whole } = readNode(rest);
    all.push({ type, bytes: whole });
    rest = rest.subarray(whole.length);
  }
  return all;
}

function certificatesOf(o: Operands, i: number): Buffer[] {
  const all = blocks(o, i, 'CERTIFICATE').filter(({ type }) => type === 'CERTIFICATE');
  if (all.length > MOST_CERTIFICATES) throw new BuiltinError('too many certificates');
  return all.map(({ bytes }) => bytes);
}

const NAME_PARTS: Readonly<Record<string, string>> = {
  '2.5.4.6': 'Country',
  '2.5.4.10': 'Organization',
  '2.5.4.11': 'OrganizationalUnit',
  '2.5.4.7': 'Locality',
  '2.5.4.8': 'Province',
  '2.5.4.9': 'StreetAddress',
  '2.5.4.17': 'PostalCode',
};

function nameOf(node: Node | undefined): Value {
  const name: Record<string, Value> = { CommonName: '', SerialNumber: '', ExtraNames: null };
  for (const part of Object.values(NAME_PARTS)) name[part] = null;
  const names: Value[] = [];
  for (const set of inside(node)) {
    for (const pair of inside(set, SET)) {
      const [type, value] = inside(pair);
      const oid = oidOf(type);
      const text = textOf(value);
      names.push({ Type: oid.split('.').map(Number), Value: text });
      const part = Object.hasOwn(NAME_PARTS, oid) ? NAME_PARTS[oid] : undefined;
      if (part !== undefined) name[part] = [...((name[part] as readonly Value[] | null) ?? []), text];
      else if (oid === '2.5.4.3') name['CommonName'] = text;
      else if (oid === '2.5.4.5') name['SerialNumber'] = text;
    }
  }
  name['Names'] = names.length === 0 ? null : names;
  return name;
}

interface AlternativeNames {
  readonly DNSNames: string[];
  readonly EmailAddresses: string[];
  readonly IPAddresses: string[];
  readonly URIStrings: string[];
}

function alternatives(content: Buffer): AlternativeNames {
  const names: AlternativeNames = { DNSNames: [], EmailAddresses: [], IPAddresses: [], URIStrings: [] };
  for (const node of inside(readNode(content))) {
    const text = node.content.toString('latin1');
    if (node.tag === 0x81) names.EmailAddresses.push(text);
    else if (node.tag === 0x82) names.DNSNames.push(text);
    else if (node.tag === 0x86) names.URIStrings.push(text);
    else if (node.tag === 0x87) names.IPAddresses.push(ipText(node.content));
  }
  return names;
}

function ipText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const long = (bytes.toString('hex').match(/.{4}/g) ?? [])
    .map((group) => group.replace(/^0{1,3}/, ''))
    .join(':');
  if (isIP(long) === 0) throw new BuiltinError('x509: malformed certificate');
  const zeros = [...long.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)].sort(
    (a, b) => b[0].length - a[0].length,
  )[0];
  if (zeros === undefined) return long;
  const [before, after] = [long.slice(0, zeros.index), long.slice(zeros.index + zeros[0].length)];
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`;
}

function orNull(list: readonly string[] | undefined): Value {
  return list === undefined || list.length === 0 ? null : list;
}

interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

function extensionOf(node: Node): Extension {
  const [type, ...rest] = inside(node);
  const critical = rest.find(({ tag }) => tag === 0x01)?.content[0] === 0xff;
  const value = rest.find(({ tag }) => tag === 0x04)?.content;
  if (value === undefined) throw new BuiltinError('x509: malformed certificate');
  return { oid: oidOf(type), critical, value };
}

/** Go's names as they stand in its JSON: a list nobody gave is null. */
function shared(extensions: readonly Extension[]): PlainObject {
  const find = (oid: string) => extensions.find((extension) => extension.oid === oid)?.value;
  const names = find('2.5.29.17');
  const found = names === undefined ? undefined : alternatives(names);
  return {
    DNSNames: orNull(found?.DNSNames),
    EmailAddresses: orNull(found?.EmailAddresses),
    IPAddresses: orNull(found?.IPAddresses),
    URIStrings: orNull(found?.URIStrings),
    Extensions: extensions.map(({ oid, critical, value }) => ({
      Id: oid.split('.').map(Number),
      Critical: critical,
      Value: value.toString('base64'),
    })),
  };
}

function certificate(bytes: Buffer): Value {
  const outer = readNode(bytes);
  const [body] = inside(outer);
  const fields = inside(body);
  const versioned = fields[0]?.tag === 0xa0;
  const [serial, , issuer, validity, subject, publicKey, ...rest] = versioned ? fields.slice(1) : fields;
  const [notBefore, notAfter] = inside(validity);
  const list = rest.find(({ tag }) => tag === 0xa3);
  const extensions = list === undefined ? [] : inside(readNode(list.content)).map(extensionOf);
  const constraints = extensions.find(({ oid }) => oid === '2.5.29.19')?.value;
  const usage = extensions.find(({ oid }) => oid === '2.5.29.15')?.value;
  const [isCa, longest] = constraints === undefined ? [] : inside(readNode(constraints));
  return {
    Raw: outer.whole.toString('base64'),
    RawTBSCertificate: (body as Node).whole.toString('base64'),
    RawSubjectPublicKeyInfo: publicKey?.whole.toString('base64') ?? '',
    RawSubject: subject?.whole.toString('base64') ?? '',
    RawIssuer: issuer?.whole.toString('base64') ?? '',
    Version: versioned ? Number(integerOf(readNode((fields[0] as Node).content))) + 1 : 1,
    SerialNumber: normalNumber(integerOf(serial)),
    Issuer: nameOf(issuer),
    Subject: nameOf(subject),
    NotBefore: timeOf(notBefore),
    NotAfter: timeOf(notAfter),
    KeyUsage: usage === undefined ? 0 : usageBits(readNode(usage)),
    BasicConstraintsValid: constraints !== undefined,
    IsCA: isCa?.tag === 0x01 && isCa.content[0] === 0xff,
    MaxPathLen: longest === undefined ? (constraints === undefined ? 0 : -1) : Number(integerOf(longest)),
    ...shared(extensions),
  };
}

/** Go counts the bits from the first. */
function usageBits({ content }: Node): number {
  let bits = 0;
  for (let i = 0; i < 9; i++) if (((content[1 + (i >> 3)] ?? 0) & (0x80 >> (i & 7))) !== 0) bits |= 1 << i;
  return bits;
}

function parseCertificates(o: Operands): Value {
  return certificatesOf(o, 0).map((bytes) => {
    o.tick(WORK);
    return certificate(bytes);
  });
}

function parseRequest(o: Operands): Value {
  const [block] = blocks(o, 0, 'CERTIFICATE REQUEST').filter(({ type }) =>
    type.endsWith('CERTIFICATE REQUEST'),
  );
  if (block === undefined) throw new BuiltinError('invalid PEM-encoded certificate signing request');
  const [body] = inside(readNode(block.bytes));
  const [version, subject, publicKey, attributes] = inside(body);
  const asked = (attributes === undefined ? [] : nodesOf(attributes.content)).flatMap((node) => {
    const [type, values] = inside(node);
    return oidOf(type) === '1.2.840.113549.1.9.14'
      ? inside(inside(values, SET)[0], SEQUENCE).map(extensionOf)
      : [];
  });
  return {
    Raw: block.bytes.toString('base64'),
    RawSubject: subject?.whole.toString('base64') ?? '',
    RawSubjectPublicKeyInfo: publicKey?.whole.toString('base64') ?? '',
    Version: Number(integerOf(version)),
    Subject: nameOf(subject),
    ...shared(asked),
  };
}

/** The first is the root, the last the one to verify; what comes back starts with that one. */
function verify(o: Operands): Value {
  try {
    const chain = certificatesOf(o, 0).reverse();
    if (chain.length < 2) return [false, []];
    const parsed = chain.map((bytes) => new X509Certificate(bytes));
    const now = Number(o.machine.now / 1_000_000n);
    for (const [i, one] of parsed.entries()) {
      o.tick(WORK);
      const parent = parsed[i + 1] ?? one;
      const valid = Date.parse(one.validFrom) <= now && now <= Date.parse(one.validTo);
      if (!valid || (i > 0 && !one.ca) || !one.checkIssued(parent) || !one.verify(parent.publicKey))
        return [false, []];
    }
    return [true, chain.map(certificate)];
  } catch (error) {
    if (error instanceof BuiltinError || isCryptoError(error)) return [false, []];
    throw error;
  }
}

function isCryptoError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_');
}

function privateKey(block: Block): KeyObject {
  const text = `-----BEGIN ${block.type}-----\n${block.bytes.toString('base64')}\n-----END ${block.type}-----\n`;
  try {
    return createPrivateKey(text);
  } catch {
    throw new BuiltinError('failed to parse a private key');
  }
}

function jwkOf(key: KeyObject): Value {
  return key.export({ format: 'jwk' }) as PlainObject;
}

function keyBlocks(o: Operands, i: number): Block[] {
  return blocks(o, i, 'PRIVATE KEY').filter(({ type }) => type.endsWith('PRIVATE KEY'));
}

function rsaKey(o: Operands): Value {
  const [block] = keyBlocks(o, 0);
  const key = block === undefined ? undefined : privateKey(block);
  if (key?.asymmetricKeyType !== 'rsa') throw new BuiltinError('no RSA private key');
  return jwkOf(key);
}

function privateKeys(o: Operands): Value {
  if (o.string(0) === '') return null;
  try {
    return keyBlocks(o, 0).map((block) => jwkOf(privateKey(block)));
  } catch (error) {
    if (error instanceof BuiltinError && !o.string(0).includes('-----BEGIN')) return [];
    throw error;
  }
}

function keyPair(o: Operands): Value {
  const certificates = certificatesOf(o, 0);
  const [block] = keyBlocks(o, 1);
  const [first] = certificates;
  if (first === undefined || block === undefined) throw new BuiltinError('no certificate, or no key');
  const key = privateKey(block);
  let own = false;
  try {
    own = new X509Certificate(first).checkPrivateKey(key);
  } catch (error) {
    if (!isCryptoError(error)) throw error;
  }
  if (!own) throw new BuiltinError('tls: private key does not match public key');
  return { Certificate: certificates.map((bytes) => bytes.toString('base64')), PrivateKey: jwkOf(key) };
}

export const X509 = builtins({
  'crypto.parse_private_keys': [1, privateKeys],
  'crypto.x509.parse_and_verify_certificates': [1, verify],
  'crypto.x509.parse_certificate_request': [1, parseRequest],
  'crypto.x509.parse_certificates': [1, parseCertificates],
  'crypto.x509.parse_keypair': [2, keyPair],
  'crypto.x509.parse_rsa_private_key': [1, rsaKey],
});
