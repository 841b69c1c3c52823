import { createReadStream, createWriteStream, lstatSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { digestOf } from '../../kernel/content-store.ts';
import { BitError } from '../../kernel/errors.ts';
import { runTree } from '../../kernel/process-tree.ts';
import { Storage } from '../../storage/index.ts';
import { getArtifact, putArtifact, type Transfer } from '../client/index.ts';
import type { RunnerManifest } from '../settings/index.ts';
import type { ArtifactContext, ArtifactExchange } from './execution.ts';

export interface ExchangeOptions {
  readonly manifest: RunnerManifest;
  /** To the controller there is now. @throws BitError `remote` where there is none */
  readonly transfer: () => Transfer;
  /** `ACCESS_KEY:SECRET_KEY` by the name of a secret. */
  readonly secret: (name: string) => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Artifacts of jobs: by the manifest's own drivers where their place is one that everybody reaches (S3), else through
 * the controller, which keeps them where it does. A folder travels as one gzipped tar.
 */
export function artifactExchange(options: ExchangeOptions): ArtifactExchange {
  let opened: Promise<Storage> | undefined;
  const own = (): Promise<Storage> => {
    opened ??= openStorage(options);
    return opened;
  };
  const isOwn = (uri: string): boolean =>
    Object.values(options.manifest.storage.drivers).some(
      ({ scheme }) => scheme === 'aln+s3://' && uri.startsWith(scheme),
    );
  return {
    async bring(uri, path, job) {
      if (!isOwn(uri)) {
        await getArtifact(options.transfer(), uri, path);
        return;
      }
      const driver = await (await own()).driverFor(uri);
      const part = `${path}.part`;
      try {
        await pipeline(await driver.open(uri), createWriteStream(part, { flags: 'wx' }), {
          signal: job.signal,
        });
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
    },
    keep: (uri, path, job) =>
      asFile(path, options.env, job, async (file) => {
        if (!isOwn(uri)) {
          const held = { job_id: job.jobId, fence: job.fence };
          return { uri, ...(await putArtifact(options.transfer(), uri, file, held)) };
        }
        const driver = await (await own()).driverFor(uri);
        const expected = digestOf(file);
        const { signal } = job;
        const stored = await driver.put(uri, createReadStream(file), { ...expected, signal });
        return { uri: stored.uri, sha256: stored.sha256, size: stored.size, chunks: stored.chunks };
      }),
  };
}

async function openStorage({ manifest, secret }: ExchangeOptions): Promise<Storage> {
  const s3 = Object.values(manifest.storage.drivers).find(({ scheme }) => scheme === 'aln+s3://');
  if (s3 === undefined) return new Storage({});
  const said =
    s3.credentials === undefined ? undefined : await secret(s3.credentials.replace(/^secret:/, ''));
  const [accessKeyId = '', secretAccessKey = ''] = said === undefined ? [] : said.split(/:(.*)/s);
  return new Storage({
    s3: {
      region: s3.region ?? 'us-east-1',
      ...(s3.bucket === undefined ? {} : { bucket: s3.bucket }),
      ...(s3.endpoint === undefined ? {} : { endpoint: s3.endpoint }),
      ...(said === undefined ? {} : { credentials: { accessKeyId, secretAccessKey } }),
    },
  });
}

/** A folder becomes a tar beside its work tree, where the job can't reach it. tar(1) follows no links. */
async function asFile<Result>(
  path: string,
  env: ExchangeOptions['env'],
  { signal }: ArtifactContext,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  if (lstatSync(path).isFile()) return use(path);
  const work = dirname(path);
  const folder = await mkdtemp(join(dirname(work), 'tar-'));
  try {
    const file = join(folder, 'folder.tar.gz');
    const order = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    let said = '';
    const { exitCode, cause } = await runTree({
      program: 'tar',
      args: [...order, '--create', '--gzip', '--file', file, '--directory', work, '--', basename(path)],
      cwd: folder,
      env: { PATH: env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
      signal,
      onOutput(chunk) {
        said = (said + chunk.toString('utf8')).slice(-500);
        return undefined;
      },
    });
    if (exitCode !== 0)
      throw new BitError(
        'failed',
        `${basename(path)} can't be packed: ${said.trim() || cause?.message || exitCode}`,
      );
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
