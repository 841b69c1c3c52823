import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';

export const SCHEMES = ['aln+ns', 'aln+s3', 'ipfs', 'file'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** A URI of the mesh, taken apart. Nothing is decoded: `%2e` is three characters. */
export interface StorageUri {
  readonly scheme: Scheme;
  /** Root, bucket or CID; empty for `file`. */
  readonly place: string;
  /** Without `.`, `..` and empty ones. */
  readonly segments: readonly string[];
  readonly text: string;
}

const LONGEST = 1024;
const PLACE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/;

/**
 * Takes a URI apart.
 *
 * @throws BitError `usage` for one that is none, or that would lead anywhere but below its root
 */
export function parseUri(text: string): StorageUri {
  const { scheme, rest } = schemeOf(text);
  const [place = '', ...segments] = rest.split('/');
  if (scheme === 'file' ? place !== '' : !PLACE.test(place) || place.includes('..'))
    throw fault(text, scheme === 'file' ? 'names a host' : `has no ${PLACES[scheme]}`);
  for (const segment of segments) checkSegment(text, segment);
  if (segments.length === 0 && scheme !== 'ipfs') throw fault(text, 'names nothing there');
  return { scheme, place, segments, text };
}

/** The same for what a URI may begin with: its last segment may be cut anywhere, or be none. */
export function parsePrefix(text: string): StorageUri {
  const { scheme, rest } = schemeOf(text);
  const [place = '', ...segments] = rest.split('/');
  if (place !== '' && (scheme === 'file' || !PLACE.test(place))) throw fault(text, 'is no prefix');
  const last = segments.pop();
  for (const segment of segments) checkSegment(text, segment);
  if (last === '.' || last === '..') throw fault(text, 'leads upwards');
  if (last !== undefined) segments.push(last);
  return { scheme, place, segments, text };
}

const PLACES: Readonly<Record<Scheme, string>> = {
  'aln+ns': 'root',
  'aln+s3': 'bucket',
  ipfs: 'CID',
  file: 'path',
};

function schemeOf(text: string): { readonly scheme: Scheme; readonly rest: string } {
  const [, name = '', rest = ''] =
    /^([a-z][a-z0-9+]{0,15}):\/\/(.*)$/su.exec(text.slice(0, LONGEST + 32)) ?? [];
  const scheme = SCHEMES.find((known) => known === name);
  if (scheme === undefined) {
    throw fault(
      text,
      'is of no scheme known here',
      `one of: ${SCHEMES.map((one) => `${one}://`).join(', ')}`,
    );
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
