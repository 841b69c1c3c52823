/** A registry's attestations: Sigstore bundles around in-toto statements about one archive. */
import {
  type Bundle,
  bundleFromJSON,
  isBundleWithCertificateChain,
  isBundleWithPublicKey,
} from '@sigstore/bundle';
import type { TrustedRoot } from '@sigstore/protobuf-specs';
import {
  type KeyFinderFunc,
  PolicyError,
  type Signer,
  toSignedEntity,
  toTrustMaterial,
  VerificationError,
  Verifier,
} from '@sigstore/verify';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import { printable, shorten } from '../../kernel/text.ts';
import { provenanceOf } from './certificate.ts';
import type { Provenance } from './origin.ts';
import type { RegistryKey } from './signature.ts';
import type { TrustRoot } from './trust-root.ts';

export interface AttestationOptions {
  readonly name: string;
  readonly version: string;
  /** Of the archive, hexadecimal. */
  readonly sha512: string;
  /** The registry's; undefined where it gives none, and what it signed by them tells nothing. */
  readonly keys: readonly RegistryKey[] | undefined;
  readonly signal: AbortSignal;
  readonly trust: TrustRoot;
}

const MOST = 20;
const STATEMENTS = ['https://in-toto.io/Statement/v0.1', 'https://in-toto.io/Statement/v1'];
const PROVENANCE = ['https://slsa.dev/provenance/v0.2', 'https://slsa.dev/provenance/v1'];
const PUBLISH = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';
/** Errors of a log or an authority that is not known: it may be newer than what we know. */
const UNKNOWN = [
  'CERTIFICATE_ERROR',
  'TIMESTAMP_ERROR',
  'TLOG_INCLUSION_PROOF_ERROR',
  'TLOG_INCLUSION_PROMISE_ERROR',
  'TLOG_MISSING_INCLUSION_ERROR',
];

/**
 * Every attestation must hold and speak of this archive under this name and version.
 *
 * @returns the build, or undefined where no attestation is a provenance
 * @throws BitError `integrity`
 */
export async function checkAttestations(
  value: unknown,
  options: AttestationOptions,
): Promise<Provenance | undefined> {
  const list: unknown = isJsonObject(value) ? value['attestations'] : undefined;
  if (!Array.isArray(list) || list.length > MOST) throw refusal(options, 'is no list of them');
  const verify = verifier(options);
  let provenance: Provenance | undefined;
  for (const row of list as unknown[]) {
    const bundle = bundleOf(row, options);
    const statement = statementOf(bundle, options);
    const kind = String(statement['predicateType']);
    checkSubject(statement, options);
    // npm says with its own key that it took the package in; only a build has a certificate
    if (PROVENANCE.includes(kind) && !isBundleWithCertificate(bundle))
      throw refusal(options, 'is a provenance without a certificate');
    if (kind === PUBLISH && !isBundleWithPublicKey(bundle))
      throw refusal(options, 'is a note of publication that no registry signed');
    if (options.keys === undefined && isBundleWithPublicKey(bundle)) continue;
    const { identity } = await verify(bundle);
    if (!PROVENANCE.includes(kind)) continue;
    const extensions = (identity?.oids ?? []).map(({ oid, value: bytes }) => ({
      oid: oid?.id.join('.') ?? '',
      value: bytes,
    }));
    provenance ??= provenanceOf(extensions, identity?.subjectAlternativeName);
  }
  return provenance;
}

function isBundleWithCertificate(bundle: Bundle): boolean {
  return isBundleWithCertificateChain(bundle) || bundle.verificationMaterial.content.$case === 'certificate';
}

function refusal({ name, version }: AttestationOptions, why: string, cause?: unknown): BitError {
  return new BitError('integrity', `an attestation of ${name}@${version} ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { package: `${name}@${version}` },
  });
}

function bundleOf(row: unknown, options: AttestationOptions): Bundle {
  if (!isJsonObject(row)) throw refusal(options, 'is malformed');
  try {
    return bundleFromJSON(row['bundle']);
  } catch (error) {
    throw refusal(options, 'is no Sigstore bundle', error);
  }
}

function statementOf({ content }: Bundle, options: AttestationOptions): JsonObject {
  if (content.$case !== 'dsseEnvelope' || content.dsseEnvelope.payloadType !== 'application/vnd.in-toto+json')
    throw refusal(options, 'holds no in-toto statement');
  let statement: unknown;
  try {
    statement = JSON.parse(content.dsseEnvelope.payload.toString('utf8'));
  } catch (error) {
    throw refusal(options, 'holds no in-toto statement', error);
  }
  if (!isJsonObject(statement) || !STATEMENTS.includes(String(statement['_type'])))
    throw refusal(options, 'holds no in-toto statement');
  return statement;
}

function checkSubject(statement: JsonObject, options: AttestationOptions): void {
  const subjects: unknown = statement['subject'];
  const [subject] = Array.isArray(subjects) ? (subjects as unknown[]) : [];
  if (!Array.isArray(subjects) || subjects.length !== 1 || !isJsonObject(subject))
    throw refusal(options, 'is not about one package');
  const { name, digest } = subject;
  if (name !== `pkg:npm/${options.name.replace(/^@/, '%40')}@${options.version}`)
    throw refusal(options, `is about another package: ${printable(shorten(String(name)))}`);
  if (!isJsonObject(digest) || digest['sha512'] !== options.sha512)
    throw refusal(options, 'is about another archive');
}

function verifier(options: AttestationOptions): (bundle: Bundle) => Promise<Signer> {
  const { trust, keys = [], signal } = options;
  let newest: Promise<TrustedRoot> | undefined;
  const keyOf: KeyFinderFunc = (hint) => {
    const found = keys.find(({ keyid }) => keyid === hint);
    if (found === undefined)
      throw new VerificationError({ code: 'PUBLIC_KEY_ERROR', message: `key not found: ${hint}` });
    return {
      publicKey: found.key,
      validFor: (moment) => found.expires === undefined || moment < found.expires,
    };
  };
  const verifyBy = (root: TrustedRoot, bundle: Bundle): Signer =>
    new Verifier(toTrustMaterial(root, keyOf)).verify(toSignedEntity(bundle));
  const refused = (error: unknown, hint?: string): BitError => {
    const said = error instanceof Error ? error.message : String(error);
    return new BitError(
      'integrity',
      `an attestation of ${options.name}@${options.version} does not hold: ${printable(shorten(said, 200))}`,
      { cause: error, ...(hint === undefined ? {} : { hint }) },
    );
  };
  return async (bundle) => {
    try {
      return verifyBy(trust.known(), bundle);
    } catch (error) {
      const known = error instanceof VerificationError || error instanceof PolicyError ? error.code : '';
      if (!UNKNOWN.includes(known) || trust.refresh === undefined) throw refused(error);
      newest ??= trust.refresh(signal);
      const root = await newest.catch(() => {
        throw refused(
          error,
          "Sigstore's authorities of today could not be asked for; those known did not sign it",
        );
      });
      try {
        return verifyBy(root, bundle);
      } catch (again) {
        throw refused(again);
      }
    }
  };
}
