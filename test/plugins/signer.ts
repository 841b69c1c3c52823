/** A registry's key and a Sigstore of one's own: certificates, logs, and bundles signed with them. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { initializeCA } from '@sigstore/mock/dist/fulcio/ca.js';
import { initializeTLog } from '@sigstore/mock/dist/rekor/tlog.js';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import type { TrustRoot } from '../../src/plugins/index.ts';

const LOG = 'https://log.example.org';
const TYPE = 'application/vnd.in-toto+json';
export const SLSA = 'https://slsa.dev/provenance/v1';
export const PUBLISH = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';

export const BUILD = {
  repository: 'https://github.com/acme/greet',
  workflow: 'https://github.com/acme/greet/.github/workflows/release.yml@refs/tags/v3.0.0',
  commit: '8a2ee2fd20dda58ffa4a8d808a65cb1e04711c03',
  issuer: 'https://token.actions.githubusercontent.com',
};

/** Certificate extensions of a build on GitHub. */
export const GITHUB: Readonly<Record<string, string>> = {
  '1.3.6.1.4.1.57264.1.8': BUILD.issuer,
  '1.3.6.1.4.1.57264.1.12': BUILD.repository,
  '1.3.6.1.4.1.57264.1.13': BUILD.commit,
  '1.3.6.1.4.1.57264.1.18': BUILD.workflow,
};

export interface Subject {
  readonly name: string;
  readonly version: string;
  /** `sha512-<base64>` */
  readonly integrity: string;
}

export interface RegistryKeyPair {
  readonly keyid: string;
  readonly row: Readonly<Record<string, unknown>>;
  readonly privateKey: KeyObject;
  /** As `dist.signatures` has it. */
  signatures(subject: Subject): readonly { readonly keyid: string; readonly sig: string }[];
}

/** ECDSA P-256, as npm's registry has them. */
export function registryKey(expires: string | null = null): RegistryKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const der = publicKey.export({ format: 'der', type: 'spki' });
  const keyid = `SHA256:${createHash('sha256').update(der).digest('base64').replace(/=$/, '')}`;
  const scheme = 'ecdsa-sha2-nistp256';
  return {
    keyid,
    row: { expires, keyid, keytype: scheme, scheme, key: der.toString('base64') },
    privateKey,
    signatures: ({ name, version, integrity }) => [
      {
        keyid,
        sig: sign('sha256', Buffer.from(`${name}@${version}:${integrity}`), privateKey).toString('base64'),
      },
    ],
  };
}

export interface Attestation {
  readonly predicateType: string;
  readonly bundle: Readonly<Record<string, unknown>>;
}

export interface Signer {
  readonly trustRoot: TrustRoot;
  /** As a build signs it, with a certificate that says what `extensions` say. */
  attest(subject: Subject, extensions?: Readonly<Record<string, string>>): Promise<Attestation>;
  /** As a registry signs it, with its key. */
  note(subject: Subject, key: RegistryKeyPair, predicateType?: string): Promise<Attestation>;
}

export function statementOf({ name, version, integrity }: Subject, predicateType: string): object {
  const sha512 = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex');
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: purl, digest: { sha512 } }],
    predicateType,
    predicate: {},
  };
}

export async function openSigner(): Promise<Signer> {
  const pair = (): { publicKey: KeyObject; privateKey: KeyObject } =>
    generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const ctlog = certificateLog(pair());
  const ca = await initializeCA(pair(), ctlog);
  const tlog = await initializeTLog(LOG, pair());
  const root = TrustedRoot.fromJSON({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [logRow(tlog.publicKey)],
    ctlogs: [logRow(ctlog.publicKey)],
    certificateAuthorities: [
      {
        certChain: { certificates: [{ rawBytes: ca.rootCertificate.toString('base64') }] },
        validFor: ALWAYS,
      },
    ],
    timestampAuthorities: [],
  });

  async function bundle(
    statement: object,
    key: KeyObject,
    { verifier, material, keyid }: { verifier: string; material: object; keyid: string },
  ): Promise<Attestation['bundle']> {
    const payload = Buffer.from(JSON.stringify(statement));
    const signed = Buffer.concat([Buffer.from(`DSSEv1 ${TYPE.length} ${TYPE} ${payload.length} `), payload]);
    const sig = sign('sha256', signed, key).toString('base64');
    const value = createHash('sha256').update(payload).digest('hex');
    const entry = {
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        envelopeHash: { algorithm: 'sha256', value },
        payloadHash: { algorithm: 'sha256', value },
        signatures: [{ signature: sig, verifier }],
      },
    };
    const [logged] = Object.values(await tlog.log(entry)) as LoggedEntry[];
    if (logged === undefined) throw new Error('nothing was logged');
    const { inclusionProof, signedEntryTimestamp } = logged.verification;
    return {
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2',
      verificationMaterial: {
        ...material,
        tlogEntries: [
          {
            logIndex: String(logged.logIndex),
            logId: { keyId: Buffer.from(logged.logID, 'hex').toString('base64') },
            kindVersion: { kind: 'dsse', version: '0.0.1' },
            integratedTime: String(logged.integratedTime),
            inclusionPromise: { signedEntryTimestamp },
            inclusionProof: {
              logIndex: String(inclusionProof.logIndex),
              rootHash: Buffer.from(inclusionProof.rootHash, 'hex').toString('base64'),
              treeSize: String(inclusionProof.treeSize),
              hashes: [],
              checkpoint: { envelope: inclusionProof.checkpoint },
            },
            canonicalizedBody: logged.body,
          },
        ],
        timestampVerificationData: { rfc3161Timestamps: [] },
      },
      dsseEnvelope: {
        payload: payload.toString('base64'),
        payloadType: TYPE,
        signatures: [{ keyid, sig }],
      },
    };
  }

  return {
    trustRoot: { known: () => root },
    async attest(subject, extensions = GITHUB) {
      const { publicKey, privateKey } = pair();
      const certificate = await ca.issueCertificate({
        publicKey: publicKey.export({ format: 'der', type: 'spki' }),
        subjectAltName: BUILD.workflow,
        extensions: Object.entries(extensions).map(([oid, value]) => ({ oid, value })),
      });
      const rawBytes = certificate.toString('base64');
      return {
        predicateType: SLSA,
        bundle: await bundle(statementOf(subject, SLSA), privateKey, {
          verifier: rawBytes,
          material: { x509CertificateChain: { certificates: [{ rawBytes }] } },
          keyid: '',
        }),
      };
    },
    async note(subject, { keyid, privateKey, row }, predicateType = PUBLISH) {
      return {
        predicateType,
        bundle: await bundle(statementOf(subject, predicateType), privateKey, {
          verifier: String(row['key']),
          material: { publicKey: { hint: keyid } },
          keyid,
        }),
      };
    },
  };
}

/** RFC 6962, section 3.2; `log` answers with the timestamp behind its length, as a list holds it. */
function certificateLog({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }) {
  const der = publicKey.export({ format: 'der', type: 'spki' });
  const logID = createHash('sha256').update(der).digest();
  return {
    publicKey: der,
    logID,
    async log(certificate: ArrayBuffer, issuerID: ArrayBuffer): Promise<ArrayBuffer> {
      const tbs = firstInside(Buffer.from(certificate));
      const time = Buffer.alloc(8);
      time.writeBigUInt64BE(BigInt(Date.now()));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(tbs.length);
      const signed = Buffer.concat([
        Buffer.from([0, 0]),
        time,
        Buffer.from([0, 1]),
        Buffer.from(issuerID),
        length.subarray(1),
        tbs,
        Buffer.from([0, 0]),
      ]);
      const signature = sign('sha256', signed, privateKey);
      const sct = Buffer.concat([
        Buffer.from([0]),
        logID,
        time,
        Buffer.from([0, 0, 4, 3, 0, signature.length]),
        signature,
      ]);
      return Uint8Array.from([0, sct.length, ...sct]).buffer;
    },
  };
}

/** The first element of a DER sequence, whole. */
function firstInside(der: Buffer): Buffer {
  const headerOf = (at: number): { header: number; length: number } => {
    const first = der.readUInt8(at + 1);
    if (first < 0x80) return { header: 2, length: first };
    return { header: 2 + (first & 0x7f), length: der.readUIntBE(at + 2, first & 0x7f) };
  };
  const start = headerOf(0).header;
  const { header, length } = headerOf(start);
  return der.subarray(start, start + header + length);
}

interface LoggedEntry {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly signedEntryTimestamp: string;
    readonly inclusionProof: {
      readonly logIndex: number;
      readonly treeSize: number;
      readonly rootHash: string;
      readonly checkpoint: string;
    };
  };
}

const ALWAYS = { start: '2000-01-01T00:00:00Z' };

function logRow(publicKey: Buffer): object {
  return {
    baseUrl: LOG,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: publicKey.toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: ALWAYS,
    },
    logId: { keyId: createHash('sha256').update(publicKey).digest('base64') },
  };
}
