/** providers.aws.sign_req: AWS Signature Version 4 of a request, as OPA puts it into the request's headers. */
import { createHash, createHmac } from 'node:crypto';
import { jsonText } from '../text.ts';
import {
  type AnyObject,
  isNumber,
  isObject,
  objectEntries,
  objectGet,
  RegoObject,
  type Value,
} from '../values.ts';
import { BuiltinError, builtins, type Operands } from './define.ts';

/** What proxies and clients change on the way. */
const UNSIGNED = new Set(['authorization', 'user-agent', 'x-amzn-trace-id', 'transfer-encoding']);
const CONTENT = 'x-amz-content-sha256';
const WANTS_CONTENT = new Set(['s3', 'glacier', 's3-outposts', 's3-object-lambda']);
const CONFIG = ['aws_access_key', 'aws_secret_access_key', 'aws_service', 'aws_region'] as const;

function wrong(i: number, message: string): BuiltinError {
  return new BuiltinError(`operand ${i + 1} ${message}`, 'eval_type_error');
}

function named(names: readonly string[]): string {
  return `{${[...names]
    .sort()
    .map((name) => JSON.stringify(name))
    .join(', ')}}`;
}

/** The texts under `names`, all of which have to be there. */
function texts(object: AnyObject, i: number, names: readonly string[], what: string): string[] {
  const missing = names.filter((name) => objectGet(object, name) === undefined);
  if (missing.length > 0) throw wrong(i, `missing required ${what} parameters(s): ${named(missing)}`);
  const invalid = names.filter((name) => typeof objectGet(object, name) !== 'string');
  if (invalid.length > 0)
    throw wrong(i, `invalid values for required ${what} parameters(s): ${named(invalid)}`);
  return names.map((name) => String(objectGet(object, name)));
}

function bodyOf(request: AnyObject): string {
  const raw = objectGet(request, 'raw_body');
  if (raw !== undefined) {
    if (typeof raw !== 'string') throw wrong(0, 'must have a string as raw_body');
    return raw;
  }
  const body = objectGet(request, 'body');
  return body === undefined ? '' : jsonText(body);
}

function headersOf(request: AnyObject): [string, string][] {
  const headers = objectGet(request, 'headers');
  if (headers === undefined) return [];
  if (!isObject(headers)) throw wrong(0, 'must have an object as headers');
  return objectEntries(headers).map(([name, value]) => {
    if (typeof name !== 'string' || typeof value !== 'string')
      throw wrong(0, 'must have headers that are strings');
    return [name, value];
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function address(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw wrong(0, 'has no valid url');
  }
}

function signRequest(o: Operands): Value {
  const request = o.object(0);
  const [method = '', url = ''] = texts(request, 0, ['method', 'url'], 'request');
  const config = o.object(1);
  const [id = '', secret = '', service = '', region = ''] = texts(config, 1, CONFIG, 'AWS config');
  const token = objectGet(config, 'aws_session_token');
  const unsigned = objectGet(config, 'disable_payload_signing') ?? false;
  if (typeof unsigned !== 'boolean')
    throw wrong(1, "invalid value for 'disable_payload_signing' in AWS config");
  const time = o.value(2);
  if (!isNumber(time)) throw o.wrong(2, 'number');
  if (time < 0 || time > 8.64e21) throw wrong(2, 'could not convert time_ns value into a unix timestamp');
  const now = new Date(Number(BigInt(Math.trunc(Number(time))) / 1_000_000n))
    .toISOString()
    .replace(/[-:]|\.\d+/g, '');
  const body = bodyOf(request);
  o.output(body.length);
  const content = unsigned ? 'UNSIGNED-PAYLOAD' : sha256(body);
  const target = address(url);
  const added: Record<string, string> = { host: target.host, 'x-amz-date': now };
  if (WANTS_CONTENT.has(service) || unsigned) added[CONTENT] = content;
  if (typeof token === 'string' && token !== '') added['x-amz-security-token'] = token;

  const given = headersOf(request);
  const signed = new Map<string, string>();
  for (const [name, value] of given)
    if (!UNSIGNED.has(name.toLowerCase())) signed.set(name.toLowerCase(), value);
  // OPA signs a header the request already has as it stands there, though it sends its own.
  for (const [name, value] of Object.entries(added)) if (!signed.has(name)) signed.set(name, value);
  const names = [...signed.keys()].sort();
  // A URL without a path is written with one by the parser, and without by whoever wrote this.
  const path = target.pathname === '/' && !/^[^:]+:\/\/[^/?#]*\//.test(url) ? '' : target.pathname;
  const lines = names.map((name) => `${name}:${signed.get(name)}\n`).join('');
  const list = names.join(';');
  const canonical = `${method}\n${path}\n${target.search.slice(1)}\n${lines}\n${list}\n${content}`;
  const scope = `${now.slice(0, 8)}/${region}/${service}/aws4_request`;
  const dated = hmac(`AWS4${secret}`, now.slice(0, 8));
  const key = hmac(hmac(hmac(dated, region), service), 'aws4_request');
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${now}\n${scope}\n${sha256(canonical)}`).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${id}/${scope},SignedHeaders=${list},Signature=${signature}`;
  const headers = new RegoObject([...given, ...Object.entries(added), ['Authorization', authorization]]);
  return new RegoObject([...objectEntries(request), ['headers', headers]]);
}

export const AWS = builtins({ 'providers.aws.sign_req': [3, signRequest] });
