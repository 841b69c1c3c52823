import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Environment, findProgram } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { Signer } from '../keys/index.ts';
import { type Credentials, savedCredentials } from './credentials.ts';
import type { ProgramOptions } from './engine.ts';
import { runProgram } from './program.ts';
import { SIMPLE_SIGNING_TYPE, simpleSigning } from './provenance.ts';
import { digestOf, openRegistry, type Registry } from './registry.ts';

export interface AttachRequest extends ProgramOptions {
  readonly env: Environment;
  readonly registry: string;
  readonly insecure: boolean;
  /** `registry/owner/prefix-service:tag` */
  readonly image: string;
  /** Of the manifest, as the registry has it. */
  readonly digest: string;
  readonly credentials: Credentials | undefined;
  /** The same as a file for programs, where there are any. */
  readonly authFile: string | undefined;
}

/** Where a signature was put, and what put it there. The key is the signer's in either case. */
export interface Attached {
  /** `registry/owner/prefix-service:sha256-….sig` */
  readonly tag: string;
  readonly by: 'cosign' | 'bit';
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
/** cosign's SIGNATURE_SPEC.md, "Signature". */
const SIGNATURE = 'dev.cosignproject.cosign/signature';

/**
 * Puts a signature of an image beside it, as cosign's signature specification has it: the simple signing payload as the
 * layer of a manifest tagged `sha256-<digest>.sig`, the signature over its bytes in an annotation. `cosign` puts it
 * there where it is installed (it knows every kind of registry login); it is handed payload and signature, never a key.
 *
 * @throws BitError `auth`, `remote`, `failed`, `cancelled`
 */
export async function attachSignature(signer: Signer, request: AttachRequest): Promise<Attached> {
  const payload = Buffer.from(JSON.stringify(simpleSigning(request.image, request.digest)));
  const signature = Buffer.from(signer.sign(payload)).toString('base64');
  const repository = request.image.slice(0, request.image.lastIndexOf(':'));
  const label = `${request.digest.replace(':', '-')}.sig`;
  const tag = `${repository}:${label}`;
  const cosign = findProgram('cosign', request.env);
  if (cosign !== undefined) {
    await byCosign(cosign, { ...request, payload, signature, subject: `${repository}@${request.digest}` });
    return { tag, by: 'cosign' };
  }
  const { registry: host, insecure, signal } = request;
  const credentials = request.credentials ?? savedCredentials(request.env, host);
  const registry = openRegistry({ host, insecure, credentials, signal });
  await put(registry, { name: repository.slice(host.length + 1), label, payload, signature });
  return { tag, by: 'bit' };
}

/** `cosign attach signature`: the two files are private and gone afterwards; the login is the engine's own file. */
async function byCosign(
  program: string,
  request: AttachRequest & {
    readonly payload: Buffer;
    readonly signature: string;
    readonly subject: string;
  },
): Promise<void> {
  const { authFile, signal, onLine } = request;
  const directory = mkdtempSync(join(tmpdir(), 'bit-cosign-'));
  try {
    const payload = join(directory, 'payload.json');
    const signature = join(directory, 'payload.sig');
    writeFileAtomic(payload, request.payload, { mode: 0o600 });
    writeFileAtomic(signature, request.signature, { mode: 0o600 });
    const login = authFile === undefined ? {} : { DOCKER_CONFIG: dirname(authFile) };
    await runProgram({
      program,
      args: ['attach', 'signature', '--payload', payload, '--signature', signature, request.subject],
      env: { ...request.env, ...login },
      what: 'the signature',
      signal,
      onLine,
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Signed {
  readonly name: string;
  readonly label: string;
  readonly payload: Buffer;
  readonly signature: string;
}

/** One manifest holds the signatures of all who signed: what is there stays, and the same one is not put twice. */
async function put(registry: Registry, { name, label, payload, signature }: Signed): Promise<void> {
  const there = await registry.manifest(name, label, MANIFEST);
  const before = there === undefined ? [] : layersOf(there, `${name}:${label}`);
  const layer = {
    mediaType: SIMPLE_SIGNING_TYPE,
    size: payload.length,
    digest: digestOf(payload),
    annotations: { [SIGNATURE]: signature },
  };
  if (before.some((one) => one['digest'] === layer.digest && signatureIn(one) === signature)) return;
  const layers = [...before, layer];
  const config = Buffer.from(
    JSON.stringify({
      architecture: '',
      created: '0001-01-01T00:00:00Z',
      history: layers.map(() => ({ created: '0001-01-01T00:00:00Z' })),
      os: '',
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
      config: {},
    }),
  );
  await registry.putBlob(name, payload);
  await registry.putBlob(name, config);
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, size: config.length, digest: digestOf(config) },
    layers,
  };
  await registry.putManifest(name, label, MANIFEST, Buffer.from(JSON.stringify(manifest)));
}

/** @throws BitError `remote` where it is no manifest of signatures: it is not ours to replace */
function layersOf(bytes: Buffer, what: string): readonly JsonObject[] {
  let manifest: unknown;
  try {
    manifest = JSON.parse(bytes.toString('utf8'));
  } catch {
    manifest = undefined;
  }
  const layers = isJsonObject(manifest) ? manifest['layers'] : undefined;
  if (Array.isArray(layers) && layers.every(isSignatureLayer)) return layers;
  throw new BitError('remote', `${what} is there and holds something else than signatures`);
}

function isSignatureLayer(layer: unknown): layer is JsonObject {
  return isJsonObject(layer) && typeof layer['digest'] === 'string' && signatureIn(layer) !== undefined;
}

function signatureIn({ annotations }: JsonObject): string | undefined {
  const found = isJsonObject(annotations) ? annotations[SIGNATURE] : undefined;
  return typeof found === 'string' ? found : undefined;
}
