import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isBitError } from '../kernel/errors.ts';
import { makeDirectory, writeFileAtomic } from '../kernel/files.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { writeAudit } from './audit.ts';
import { type ImageContents, readContents } from './contents.ts';
import { type Credentials, findCredentials, withAuthFile } from './credentials.ts';
import { signEnvelope } from './dsse.ts';
import type { Engine, ProgramOptions } from './engine.ts';
import { type ImagePlan, type ImageRequest, type PlannedImage, planImages } from './plan.ts';
import { openEngine } from './probe.ts';
import {
  makeProvenance,
  SIMPLE_SIGNING_TYPE,
  type Source,
  STATEMENT_TYPE,
  simpleSigning,
} from './provenance.ts';
import type { ImageBuildResult, ImageOutcome } from './result.ts';
import { retrying } from './retry.ts';
import { makeSbom } from './sbom.ts';
import { readSource } from './source.ts';
import { testWords } from './words.ts';

/**
 * Builds, tests and, where asked, pushes and signs the images of a repository; one that fails doesn't keep the others
 * from being made. Leaves `audit/build_manifest_<tag>.log` and `audit/images_<tag>.json`, a CycloneDX bill of
 * materials and SLSA provenance of each.
 *
 * @throws BitError `usage`, `not-found`, `missing-tool` where no engine works, `auth` without credentials
 */
export async function buildImages(reader: Reader, request: ImageRequest): Promise<Effect<ImageBuildResult>> {
  const plan = await planImages(reader, request);
  for (const { testCommand } of plan.images) testWords(testCommand);
  const credentials = plan.push ? await findCredentials(reader, request) : undefined;
  const source = await readSource(reader);
  const names = plan.images.map(({ image }) => image);
  return {
    summary: `build ${names.length === 1 ? names[0] : `${names.length} images`}${plan.push ? ` and push to ${plan.registry}` : ''}`,
    target: targetOf(plan),
    plan: planLines(plan),
    touches: { refs: [] },
    beside: true,
    ...(plan.push ? { irreversible: names.map((name) => `pushed ${name}`) } : {}),
    run: (writer) => run(writer, { request, plan, credentials, source }),
    failed: (out) => (out.failed === 0 ? undefined : `${out.failed} of ${out.images.length} images failed`),
    record: (out) => ({
      engine: `${out.engine.name} ${out.engine.version}`,
      images: out.images.map(({ image, status, digest, pushed }) => ({ image, status, digest, pushed })),
      audit: out.audit,
    }),
  };
}

function targetOf(plan: ImagePlan) {
  return {
    registry: plan.registry,
    push: plan.push,
    images: plan.images.map(({ image, target, platforms, sign }) => ({
      image,
      service: target.service,
      dockerfile: target.dockerfile,
      context: target.context,
      platforms: [...platforms],
      sign,
    })),
  };
}

function planLines(plan: ImagePlan): string[] {
  return plan.images.flatMap(({ image, target, platforms, testCommand }) => [
    `build ${target.dockerfile} in ${target.context} for ${platforms.join(', ')} as ${image}`,
    `test it by: ${testCommand}`,
    ...(plan.push ? [`push ${image}`] : []),
  ]);
}

interface Job {
  readonly request: ImageRequest;
  readonly plan: ImagePlan;
  readonly credentials: Credentials | undefined;
  readonly source: Source;
}

async function run(writer: Writer, job: Job): Promise<ImageBuildResult> {
  const { plan } = job;
  const quiet: ProgramOptions = { signal: writer.signal, onLine: () => undefined };
  const engine = await openEngine(writer.env, quiet, job.request.engine);
  const titles = plan.images.map(({ image }) => image);
  const images = await withAuthFile(job.credentials, plan.registry, (authFile) =>
    writer.tasks(titles, async (step) => {
      const done: ImageOutcome[] = [];
      for (const [at, image] of plan.images.entries()) {
        const outcome = await step(titles[at] ?? '', (progress) =>
          buildOne(writer, { ...job, engine, authFile }, image, (stage) =>
            progress.update(stage, 0, undefined),
          ),
        );
        done.push(outcome);
      }
      return done;
    }),
  );
  const head = {
    repository: job.source.repository ?? 'unknown',
    commit: job.source.commit ?? 'unknown',
    registry: plan.registry,
    prefix: plan.prefix,
    platforms: [...new Set(plan.images.flatMap(({ platforms }) => platforms))],
    push: plan.push,
    provenance: plan.images.some(({ provenance }) => provenance),
    sbom: plan.images.some(({ sbom }) => sbom),
    sign: plan.images.some(({ sign }) => sign),
    cache: plan.images.find(({ cache }) => cache !== undefined)?.cache?.scope ?? null,
    retries: plan.retries,
    backoffSeconds: plan.backoffSeconds,
  };
  const { log, json } = writeAudit(plan.root, plan.tag, head, images, writer.now());
  return {
    engine: { name: engine.name, version: engine.version },
    images,
    failed: images.filter(({ status }) => status !== 'BUILT').length,
    audit: log,
    imagesJson: json,
  };
}

interface OneJob extends Job {
  readonly engine: Engine;
  readonly authFile: string | undefined;
}

type Status = Exclude<ImageOutcome['status'], 'BUILT'>;

async function buildOne(
  writer: Writer,
  job: OneJob,
  image: PlannedImage,
  tell: (stage: string) => void,
): Promise<ImageOutcome> {
  const { plan } = job;
  const log = openLog(writer, image.target.suffix);
  const started = writer.now();
  const to: ProgramOptions = { signal: writer.signal, onLine: log.line };
  let failing: Status = 'BUILD_FAILED';
  const attempt = <Result>(work: () => Promise<Result>): Promise<Result> =>
    retrying(work, {
      attempts: plan.retries,
      backoffSeconds: plan.backoffSeconds,
      signal: writer.signal,
      onRetry: (error, seconds) => log.line(`failed, again in ${seconds} s: ${messageOf(error)}`),
    });
  const common = {
    service: image.target.service,
    image: image.image,
    context: image.target.context,
    dockerfile: image.target.dockerfile,
    platforms: image.platforms,
    testCommand: image.testCommand,
    log: log.path,
  };
  const nothing = { id: null, digest: null, size: null, sbom: null, provenance: null, signature: null };
  try {
    tell('build');
    const [first = image.image, ...others] = await buildPlatforms(job, image, to, attempt, async (local) => {
      failing = 'TEST_FAILED';
      tell('test');
      await attempt(() => job.engine.run(local, testWords(image.testCommand), to));
      failing = 'BUILD_FAILED';
      tell('build');
    });
    tell('read');
    const contents = await contentsOf(job.engine, first, to);
    const joined = others.length > 0;
    if (joined) {
      await job.engine.remove(image.image, to);
      await job.engine.join(image.image, [first, ...others], to);
    }
    let digest = contents.manifest;
    if (plan.push) {
      failing = 'PUSH_FAILED';
      tell('push');
      const how = { ...to, joined, insecure: plan.insecure, authFile: job.authFile };
      digest = await attempt(() => job.engine.push(image.image, how));
    }
    const papers = await writePapers(writer, job, image, { contents, digest, started });
    const good = { status: 'BUILT', error: null, id: contents.id, digest, size: contents.size } as const;
    const signed = papers.signature !== null;
    return { ...common, ...good, ...papers, pushed: plan.push, signed, finished: writer.now().toISOString() };
  } catch (error) {
    if (!isBitError(error) || error.code === 'cancelled') throw error;
    log.line(error.message);
    const bad = { ...nothing, status: failing, error: error.message, pushed: false, signed: false };
    return { ...common, ...bad, finished: writer.now().toISOString() };
  } finally {
    await log.close();
  }
}

/** The local platform is built and tested before the others are begun. The names it gave them, that one first. */
async function buildPlatforms(
  { engine, plan, authFile }: OneJob,
  image: PlannedImage,
  to: ProgramOptions,
  attempt: <Result>(work: () => Promise<Result>) => Promise<Result>,
  test: (local: string) => Promise<void>,
): Promise<readonly string[]> {
  const single = image.platforms.length === 1;
  const names: string[] = [];
  for (const platform of image.platforms) {
    const name = single ? image.image : `${image.image}-${platform.replaceAll('/', '-')}`;
    let cache = image.cache;
    await attempt(() => {
      const asked = {
        ...to,
        image: name,
        platform,
        buildArgs: image.buildArgs,
        cache,
        insecure: plan.insecure,
        authFile,
      };
      // a registry without the cache, or one that takes none, is no reason not to build
      cache = undefined;
      const { context, dockerfile } = image.target;
      return engine.build({
        ...asked,
        context: join(plan.root, context),
        dockerfile: join(plan.root, dockerfile),
      });
    });
    names.push(name);
    if (names.length === 1) await test(name);
  }
  return names;
}

async function contentsOf(engine: Engine, image: string, to: ProgramOptions): Promise<ImageContents> {
  const directory = mkdtempSync(join(tmpdir(), 'bit-image-'));
  try {
    await engine.save(image, directory, to);
    return await readContents(directory, to.signal);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Papers {
  readonly sbom: string | null;
  readonly provenance: string | null;
  readonly signature: string | null;
}

async function writePapers(
  writer: Writer,
  job: OneJob,
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
  return { sbom, provenance, signature };
}

interface Log {
  readonly path: string;
  readonly line: (text: string) => void;
  close(): Promise<void>;
}

const MOST_LOG = 64 << 20;

function openLog(writer: Writer, name: string): Log {
  const directory = join(writer.stateDirectory, 'images', writer.operation);
  makeDirectory(directory);
  const path = join(directory, `${name}.log`);
  const stream = createWriteStream(path, { mode: 0o600 });
  let size = 0;
  return {
    path,
    line(text) {
      if (size > MOST_LOG) return;
      size += text.length + 1;
      stream.write(size > MOST_LOG ? '… the rest was left out: more than 64 MiB\n' : `${text}\n`);
    },
    async close() {
      stream.end();
      await once(stream, 'close');
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
