import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { StorageUri } from '../uri.ts';

/**
 * A root on disk: `chunks/sha256/<aa>/<digest>`; `names/<place>/<segment>/…/=<last>`, a manifest for each name;
 * `uploads/<id>`, what is on its way. Names are lowercase letters, digits and `._-`, anything else as `%XX`, so that
 * none collides where case doesn't count and none begins with `=` or `~`.
 */
export function manifestPath(root: string, { place, segments }: StorageUri): string {
  const names = [place, ...segments].map(encodeSegment);
  const last = names.pop() ?? '';
  return join(root, 'names', ...names, `=${last}`);
}

export function chunkPath(root: string, sha256: string): string {
  return join(root, 'chunks', 'sha256', sha256.slice(0, 2), sha256);
}

export function uploadPath(root: string, id: string): string {
  return join(root, 'uploads', id);
}

function encodeSegment(segment: string): string {
  const encoded = [...Buffer.from(segment)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[a-z0-9._-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
  return encoded.length <= 200 ? encoded : `~${createHash('sha256').update(segment).digest('hex')}`;
}
