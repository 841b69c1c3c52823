/** Texts of the manifest that have a form of their own. */
import { text } from '../../specification/index.ts';

export const MANIFEST_TEXTS = {
  identifier: text('Its name in the mesh.', {
    pattern: /^aln:\/\/[a-z0-9][a-z0-9._-]{0,63}(\/[a-z0-9][a-z0-9._-]{0,63}){0,7}$/,
    wanted: 'a name such as aln://runner/phoenix/alpha',
    most: 256,
  }),
  inside: text('A path inside the repository.', {
    pattern: /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\\:]{1,1024}$/,
    wanted: 'a path inside the repository',
  }),
  capability: text('Something that is there.', {
    pattern: /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/,
    wanted: 'a name such as node24 or python3.11',
  }),
  address: text('An address.', {
    pattern: /^https?:\/\/[^\s\u0000-\u001f\u007f]{1,2000}$/,
    wanted: 'an address such as https://ipfs.io',
    most: 2048,
  }),
} as const;
