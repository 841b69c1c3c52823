import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isArray, isObject, objectEntries, RegoObject, RegoSet, type Value } from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';

function decode(o: Operands, pattern: RegExp, encoding: 'base64' | 'base64url' | 'hex', what: string): Value {
  const text = o.string(0).replace(/[\r\n]/g, '');
  if (!pattern.test(text)) throw new BuiltinError(what);
  return Buffer.from(text, encoding).toString('utf8');
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const BASE64_URL = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}(?:==)?|[A-Za-z0-9_-]{3}=?)?$/;

function padded(text: string): string {
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

function hash(name: string) {
  return [1, (o: Operands) => createHash(name).update(o.string(0)).digest('hex')] as const;
}

function hmac(name: string) {
  return [2, (o: Operands) => createHmac(name, o.string(1)).update(o.string(0)).digest('hex')] as const;
}

function urlEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');
}

function urlDecode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    throw new BuiltinError('invalid URL escape');
  }
}

function encodeObject(o: Operands): Value {
  const parts: string[] = [];
  for (const [key, value] of objectEntries(o.object(0))) {
    const values = isArray(value) ? value : value instanceof RegoSet ? value.sorted() : [value];
    for (const item of values) {
      if (typeof key !== 'string' || typeof item !== 'string' || isObject(item)) {
        throw new BuiltinError(
          'operand 1 must be object of strings, arrays or sets of strings',
          'eval_type_error',
        );
      }
      parts.push(`${urlEncode(key)}=${urlEncode(item)}`);
    }
  }
  return parts.join('&');
}

function decodeObject(o: Operands): Value {
  const found = new Map<string, string[]>();
  for (const part of o.string(0).split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const key = urlDecode(at < 0 ? part : part.slice(0, at));
    found.set(key, [...(found.get(key) ?? []), at < 0 ? '' : urlDecode(part.slice(at + 1))]);
  }
  return new RegoObject(found);
}

function sameText(o: Operands): Value {
  const [a, b] = [Buffer.from(o.string(0)), Buffer.from(o.string(1))];
  return a.length === b.length && timingSafeEqual(a, b);
}

export const ENCODING = builtins({
  'base64.encode': [1, (o) => Buffer.from(o.string(0)).toString('base64')],
  'base64.decode': [1, (o) => decode(o, BASE64, 'base64', 'illegal base64 data')],
  'base64.is_valid': [1, (o) => BASE64.test(o.string(0).replace(/[\r\n]/g, ''))],
  'base64url.encode': [1, (o) => padded(Buffer.from(o.string(0)).toString('base64url'))],
  'base64url.encode_no_pad': [1, (o) => Buffer.from(o.string(0)).toString('base64url')],
  'base64url.decode': [1, (o) => decode(o, BASE64_URL, 'base64url', 'illegal base64 data')],
  'hex.encode': [1, (o) => Buffer.from(o.string(0)).toString('hex')],
  'hex.decode': [
    1,
    (o) => decode(o, /^(?:[0-9a-fA-F]{2})*$/, 'hex', 'invalid byte or odd length hex string'),
  ],
  'crypto.sha256': hash('sha256'),
  'crypto.sha1': hash('sha1'),
  'crypto.md5': hash('md5'),
  'crypto.hmac.md5': hmac('md5'),
  'crypto.hmac.sha1': hmac('sha1'),
  'crypto.hmac.sha256': hmac('sha256'),
  'crypto.hmac.sha512': hmac('sha512'),
  'crypto.hmac.equal': [2, sameText],
  'urlquery.encode': [1, (o) => urlEncode(o.string(0))],
  'urlquery.decode': [1, (o) => urlDecode(o.string(0))],
  'urlquery.encode_object': [1, encodeObject],
  'urlquery.decode_object': [1, decodeObject],
});
