import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';

export const SCHEMES = ['aln+ns', 'aln+s3', 'ipfs', 'file'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** What others say with a scheme of the same letters. */
const TAKEN = ['aln', 'data', 'git', 'http', 'https', 'plugin', 's3', 'secret', 'ssh'];

/** Why a driver that is not bit's own can't be for that scheme; undefined where it can. */
export function schemeFault(scheme: string): string | undefined {
  if (SCHEMES.some((own) => own === scheme)) return `${scheme}:// is bit's own`;
  if (TAKEN.includes(scheme)) return `${scheme}:// means something else already`;
  return /^[a-z][a-z0-9+.-]{1,31}$/.test(scheme)
    ? undefined
    : 'a scheme is 2 to 32 small letters, digits, +, . and -';
}

/** A URI of the mesh, taken apart. Nothing is decoded: `%2e` is three characters. */
export interface StorageUri {
  /** One of {@link SCHEMES}, or of those it was read with. */
  readonly scheme: string;
  /** Root, bucket or CID; empty for `file`. */
  readonly place: string;
  /** Without `.`, `..` and empty ones. */
  readonly segments: readonly string[];
  readonly text: string;
}

const LONGEST = 1024;
const PLACE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/;

/**
 * Takes a URI apart; `more` are schemes there are beside bit's own.
 *
 * @throws BitError `usage` for one that is none, or that would lead anywhere but below its root
 */
export function parseUri(text: string, more: readonly string[] = []): StorageUri {
  const { scheme, rest } = schemeOf(text, more);
  const [place = '', ...segments] = rest.split('/');
  if (scheme === 'file' ? place !== '' : !PLACE.test(place) || place.includes('..'))
    throw fault(text, scheme === 'file' ? 'names a host' : `has no ${PLACES[scheme] ?? 'place'}`);
  for (const segment of segments) checkSegment(text, segment);
  if (segments.length === 0 && scheme !== 'ipfs') throw fault(text, 'names nothing there');
  return { scheme, place, segments, text };
}

/** The same for what a URI may begin with: its last segment may be cut anywhere, or be none. */
export function parsePrefix(text: string, more: readonly string[] = []): StorageUri {
  const { scheme, rest } = schemeOf(text, more);
  const [place = '', ...segments] = rest.split('/');
  if (place !== '' && (scheme === 'file' || !PLACE.test(place))) throw fault(text, 'is no prefix');
  const last = segments.pop();
  for (const segment of segments) checkSegment(text, segment);
  if (last === '.' || last === '..') throw fault(text, 'leads upwards');
  if (last !== undefined) segments.push(last);
  return { scheme, place, segments, text };
}

const PLACES: Readonly<Record<string, string>> = {
  'aln+ns': 'root',
  'aln+s3': 'bucket',
  ipfs: 'CID',
  file: 'path',
};

function schemeOf(text: string, more: readonly string[]): { readonly scheme: string; readonly rest: string } {
  const [, name = '', rest = ''] =
    /^([a-z][a-z0-9+.-]{0,31}):\/\/(.*)$/su.exec(text.slice(0, LONGEST + 32)) ?? [];
  const known = [...SCHEMES, ...more];
  const scheme = known.find((one) => one === name);
  if (scheme === undefined) {
    const there = known.map((one) => `${one}://`).join(', ');
    throw fault(text, 'is of no scheme known here', `one of: ${there}`);
  }
  if (text.length > LONGEST) throw fault(text, `is longer than ${LONGEST} characters`);
  if (/[\s\u0000-\u001f\u007f\\?#]/u.test(rest) || !rest.isWellFormed())
    throw fault(text, 'has a character that no such URI has');
  return { scheme, rest };
}

function checkSegment(text: string, segment: string): void {
  if (segment === '') throw fault(text, 'has an empty part');
  if (segment === '.' || segment === '..') throw fault(text, 'leads upwards');
  if (Buffer.byteLength(segment) > 255) throw fault(text, 'has a part of more than 255 bytes');
}

function fault(text: string, what: string, hint?: string): BitError {
  const shown = printable(text.slice(0, 200));
  return new BitError('usage', `${shown} ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { uri: shown },
  });
}
