import { join } from 'node:path';
import { signEnvelope } from '../kernel/dsse.ts';
import { importPublicKey } from '../kernel/ed25519.ts';
import { makeDirectory, writeFileAtomic } from '../kernel/files.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Writer } from '../operation/index.ts';
import type { ImageContents } from './contents.ts';
import type { Engine } from './engine.ts';
import type { ImagePlan, PlannedImage } from './plan.ts';
import {
  makeProvenance,
  SIMPLE_SIGNING_TYPE,
  type Source,
  STATEMENT_TYPE,
  simpleSigning,
} from './provenance.ts';
import { makeSbom } from './sbom.ts';

/** Paths relative to the root. */
export interface Papers {
  readonly sbom: string | null;
  readonly provenance: string | null;
  readonly signature: string | null;
}

/** Bill of materials, provenance and signature of an image, in `audit/`. */
export async function writePapers(
  writer: Writer,
  job: { readonly plan: ImagePlan; readonly engine: Engine; readonly source: Source },
  image: PlannedImage,
  built: { readonly contents: ImageContents; readonly digest: string; readonly started: Date },
): Promise<Papers> {
  const { plan, engine, source } = job;
  const { contents, digest, started } = built;
  const platform = image.platforms[0] ?? '';
  const base = `audit/${image.target.suffix}_${plan.tag}`;
  makeDirectory(join(plan.root, 'audit'));
  const keep = (path: string, text: string): string => {
    writeFileAtomic(join(plan.root, path), text);
    return path;
  };
  const finished = writer.now();
  const sbom = image.sbom
    ? keep(
        `${base}.cdx.json`,
        await makeSbom({ image: image.image, digest, platform, created: finished }, contents),
      )
    : null;
  const statement = makeProvenance({
    image: image.image,
    digest,
    context: image.target.context,
    dockerfile: image.target.dockerfile,
    platform: image.platforms.join(','),
    buildArgs: Object.keys(image.buildArgs),
    engine: { name: engine.name, version: engine.version },
    operation: writer.operation,
    started,
    finished,
    source,
  });
  const signer = await writer.keys.signer();
  const line = (type: string, document: JsonObject): string =>
    `${JSON.stringify(signEnvelope(type, document, signer))}\n`;
  const provenance = image.provenance ? keep(`${base}.intoto.jsonl`, line(STATEMENT_TYPE, statement)) : null;
  const signature = image.sign
    ? keep(`${base}.sig.json`, line(SIMPLE_SIGNING_TYPE, simpleSigning(image.image, digest)))
    : null;
  if (image.sign) keep(`${base}.pub`, publicKeyPem(signer.publicKey));
  return { sbom, provenance, signature };
}

/** What `cosign verify --key` and other verifiers take. */
function publicKeyPem(publicKey: string): string {
  return importPublicKey(publicKey)?.export({ type: 'spki', format: 'pem' }).toString() ?? '';
}
