import { createHash } from 'node:crypto';
import { verifyEd25519 } from '../kernel/ed25519.ts';
import { BitError } from '../kernel/errors.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Signer } from '../keys/index.ts';

/** Schema name, and with a line feed the domain-separation prefix of what is signed. */
export const MANIFEST_SCHEMA = 'bithub.archive.manifest.v1';
/** No manifest is longer; bounds what a hostile archive makes us read. */
export const MOST_MANIFEST_BYTES = 64 * 1024 * 1024;
const MOST_FILES = 1_000_000;

export interface ArchivedFile {
  /** Inside the archive, or beside it. */
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  readonly size: number;
}

/**
 * What a full archive holds, signed by the key of who made it: Ed25519 over
 * `"bithub.archive.manifest.v1\n" ‖ sha256(canonical JSON of the manifest without its signature)`.
 */
export interface ArchiveManifest {
  readonly schema: typeof MANIFEST_SCHEMA;
  /** RFC 3339, UTC. */
  readonly created: string;
  /** Branch HEAD pointed to, or null where it was detached. */
  readonly head: string | null;
  readonly refs: Readonly<Record<string, string>>;
  readonly ledger: { readonly chain: string | null; readonly head: string | null; readonly entries: number };
  readonly files: readonly ArchivedFile[];
  /** `ed25519:<hex>`. */
  readonly signer: string;
  /** Base64 of the raw 64 bytes. */
  readonly signature: string;
}

type Unsigned = Omit<ArchiveManifest, 'schema' | 'signer' | 'signature'>;

export function signManifest(facts: Unsigned, signer: Signer): ArchiveManifest {
  const unsigned = { schema: MANIFEST_SCHEMA, ...facts, signer: signer.publicKey } as const;
  const signature = Buffer.from(signer.sign(signedBytes(unsigned as unknown as JsonObject))).toString(
    'base64',
  );
  return { ...unsigned, signature };
}

function signedBytes(unsigned: JsonObject): Uint8Array {
  const digest = createHash('sha256').update(canonicalJson(unsigned)).digest();
  return Buffer.concat([Buffer.from(`${MANIFEST_SCHEMA}\n`), digest]);
}

/**
 * Reads a manifest from elsewhere and checks its signature. That the files are what it says is checked where they
 * are read; whether its signer is to be trusted is the caller's question.
 *
 * @throws BitError `integrity` listing every field that does not hold
 */
export function readManifest(bytes: Uint8Array): ArchiveManifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw bad(['it is no JSON']);
  }
  if (!isJsonObject(value)) throw bad(['it is no object']);
  const faults = faultsOf(value);
  if (faults.length > 0) throw bad(faults);
  const manifest = value as unknown as ArchiveManifest;
  const { signature, ...unsigned } = value;
  let signed: Uint8Array;
  try {
    signed = signedBytes(unsigned);
  } catch {
    throw bad(['it has no canonical form']);
  }
  if (!verifyEd25519(manifest.signer, signed, Buffer.from(String(signature), 'base64'))) {
    throw bad(['its signature does not hold']);
  }
  return manifest;
}

function faultsOf(value: JsonObject): string[] {
  const faults: string[] = [];
  const check = (holds: boolean, fault: string): void => {
    if (!holds && faults.length < 10) faults.push(fault);
  };
  check(value['schema'] === MANIFEST_SCHEMA, `schema is not ${MANIFEST_SCHEMA}`);
  check(
    typeof value['created'] === 'string' && !Number.isNaN(Date.parse(value['created'])),
    'created is no time',
  );
  check(value['head'] === null || isRef(value['head']), 'head is no ref');
  check(/^ed25519:[0-9a-f]{64}$/.test(String(value['signer'])), 'signer is no key');
  check(typeof value['signature'] === 'string' && value['signature'].length === 88, 'signature is none');
  const { refs, ledger, files } = value;
  check(isJsonObject(refs), 'refs is no object');
  if (isJsonObject(refs)) {
    for (const [name, oid] of Object.entries(refs)) {
      check(name === 'HEAD' || isRef(name), `refs has the name '${printable(shorten(name))}'`);
      check(
        typeof oid === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(oid),
        `refs.${printable(shorten(name))} is no object id`,
      );
    }
  }
  check(isJsonObject(ledger) && Number.isSafeInteger(ledger['entries']), 'ledger has another shape');
  check(Array.isArray(files) && files.length <= MOST_FILES, 'files is no list');
  const seen = new Set<string>();
  for (const file of Array.isArray(files) ? (files as Json[]) : []) {
    const path = isJsonObject(file) && typeof file['path'] === 'string' ? file['path'] : '';
    const named = `files: '${printable(shorten(path))}'`;
    check(isArchivePath(path), `${named} is no path`);
    check(!seen.has(path), `${named} stands twice`);
    seen.add(path);
    if (!isJsonObject(file)) continue;
    check(/^[0-9a-f]{64}$/.test(String(file['sha256'])), `${named} has no digest`);
    check(Number.isSafeInteger(file['size']) && Number(file['size']) >= 0, `${named} has no size`);
  }
  return faults;
}

function isRef(name: unknown): boolean {
  return (
    typeof name === 'string' &&
    name.length < 1024 &&
    /^refs\/[^\u0000-\u0020\u007f~^:?*[\\]+$/.test(name) &&
    !/\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|[/.]$/.test(name)
  );
}

/** Relative, plain, and never out of where it is put. */
export function isArchivePath(path: string): boolean {
  if (path === '' || path.length > 1024 || /[\u0000-\u001f\u007f\\:]/.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function bad(faults: readonly string[]): BitError {
  return new BitError('integrity', `the archive's manifest does not hold: ${faults.join('; ')}`, {
    hint: 'the archive was damaged or changed after it was made; nothing was restored',
    details: { faults },
  });
}
