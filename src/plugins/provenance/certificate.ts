/** What a certificate of Fulcio's says of the build it was given to. */
import { BitError } from '../../kernel/errors.ts';
import { printable } from '../../kernel/text.ts';
import type { Provenance } from './origin.ts';

export interface CertificateExtension {
  /** Dotted. */
  readonly oid: string;
  readonly value: Uint8Array;
}

/** https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md; from .8 on a DER UTF8String, before that bare text. */
const OIDS = {
  oldIssuer: '1.3.6.1.4.1.57264.1.1',
  oldCommit: '1.3.6.1.4.1.57264.1.3',
  oldRepository: '1.3.6.1.4.1.57264.1.5',
  issuer: '1.3.6.1.4.1.57264.1.8',
  repository: '1.3.6.1.4.1.57264.1.12',
  commit: '1.3.6.1.4.1.57264.1.13',
  workflow: '1.3.6.1.4.1.57264.1.18',
} as const;

const ADDRESS = /^https:\/\/[\x21-\x7e]{1,500}$/;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Only a build has a repository and a commit: a certificate given to a person has neither.
 *
 * @throws BitError `integrity` where it names no build
 */
export function provenanceOf(
  extensions: readonly CertificateExtension[],
  subject: string | undefined,
): Provenance {
  const bytes = (name: keyof typeof OIDS): Uint8Array | undefined =>
    extensions.find(({ oid }) => oid === OIDS[name])?.value;
  const text = (name: keyof typeof OIDS): string | undefined => {
    const found = bytes(name);
    return found === undefined ? undefined : utf8String(found);
  };
  const bare = (name: keyof typeof OIDS): string | undefined => {
    const found = bytes(name);
    return found === undefined ? undefined : Buffer.from(found).toString('utf8');
  };
  const old = bare('oldRepository');
  const build = {
    repository: text('repository') ?? (old === undefined ? '' : `https://github.com/${old}`),
    workflow: text('workflow') ?? subject ?? '',
    commit: text('commit') ?? bare('oldCommit') ?? '',
    issuer: text('issuer') ?? bare('oldIssuer') ?? '',
  };
  for (const member of ['repository', 'workflow', 'issuer'] as const)
    if (!ADDRESS.test(build[member])) throw unnamed(member, build[member]);
  if (!COMMIT.test(build.commit)) throw unnamed('commit', build.commit);
  return build;
}

function unnamed(member: string, value: string): BitError {
  return new BitError(
    'integrity',
    `the provenance is signed by no build: the ${member} of its certificate is ${printable(JSON.stringify(value.slice(0, 80)))}`,
  );
}

/** One whole DER UTF8String, or undefined. */
function utf8String(der: Uint8Array): string | undefined {
  const [tag, first = 0x80] = der;
  const long = first & 0x80 ? first & 0x7f : 0;
  if (tag !== 0x0c || long > 2 || (first & 0x80 && long === 0)) return undefined;
  let length = long === 0 ? first : 0;
  for (const byte of der.subarray(2, 2 + long)) length = length * 256 + byte;
  const content = der.subarray(2 + long);
  return content.length === length ? Buffer.from(content).toString('utf8') : undefined;
}
