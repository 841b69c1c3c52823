import { join } from 'node:path';
import { makeDirectory, writeFileAtomic } from '../kernel/files.ts';
import type { ImageOutcome } from './result.ts';

export interface AuditHead {
  readonly repository: string;
  readonly commit: string;
  readonly registry: string;
  readonly prefix: string;
  readonly platforms: readonly string[];
  readonly push: boolean;
  readonly provenance: boolean;
  readonly sbom: boolean;
  readonly sign: boolean;
  readonly cache: string | null;
  readonly retries: number;
  readonly backoffSeconds: number;
}

const RULE = '-'.repeat(40);

/** `audit/build_manifest_<ts>.log` and `audit/images_<ts>.json`; their paths, relative to the root. */
export function writeAudit(
  root: string,
  tag: string,
  head: AuditHead,
  images: readonly ImageOutcome[],
  now: Date,
): { readonly log: string; readonly json: string } {
  const log = `audit/build_manifest_${tag}.log`;
  const json = `audit/images_${tag}.json`;
  makeDirectory(join(root, 'audit'));
  writeFileAtomic(join(root, log), manifestText(head, images, now));
  const good = images.filter(({ status }) => status === 'BUILT').map(({ image }) => image);
  writeFileAtomic(join(root, json), `${JSON.stringify(good, null, 2)}\n`);
  return { log, json };
}

function manifestText(head: AuditHead, images: readonly ImageOutcome[], now: Date): string {
  const lines = [
    `Build Manifest - ${now.toISOString()}`,
    `Repository: ${head.repository}`,
    `Commit: ${head.commit}`,
    `Registry: ${head.registry}`,
    `Image Prefix: ${head.prefix}`,
    `Platforms: ${head.platforms.join(',')}`,
    `Push Enabled: ${head.push}`,
    `Provenance: ${head.provenance}`,
    `SBOM: ${head.sbom}`,
    `Signing: ${head.sign}`,
    `Cache: ${head.cache !== null}${head.cache === null ? '' : ` (scope: ${head.cache})`}`,
    `Retries: ${head.retries} (backoff: ${head.backoffSeconds} s)`,
    RULE,
  ];
  for (const image of images) lines.push(...imageLines(image), RULE);
  return `${lines.join('\n')}\n`;
}

function imageLines(image: ImageOutcome): string[] {
  const head = [`Image: ${image.image}`, `  Service: ${image.service}`, `  Dockerfile: ${image.dockerfile}`];
  const place = [...head, `  Context: ${image.context}`];
  if (image.status !== 'BUILT') {
    return [...place, `  Status: ${image.status}`, `  Error: ${image.error}`, `  Built: ${image.finished}`];
  }
  return [
    ...place,
    `  Image ID: ${image.id}`,
    `  Digest: ${image.digest}`,
    `  Size: ${image.size}`,
    `  Tested with: ${image.testCommand}`,
    `  Pushed: ${image.pushed}`,
    `  Signed: ${image.signed}`,
    `  Built: ${image.finished}`,
  ];
}
