import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isBitError } from '../kernel/errors.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { type Attached, attachSignature } from './attach.ts';
import { writeAudit } from './audit.ts';
import { type ImageContents, readContents } from './contents.ts';
import { type Credentials, findCredentials, withAuthFile } from './credentials.ts';
import type { Engine, ProgramOptions } from './engine.ts';
import { openLog } from './log.ts';
import { writePapers } from './papers.ts';
import { type ImagePlan, type ImageRequest, type PlannedImage, planImages } from './plan.ts';
import { openEngine } from './probe.ts';
import type { Source } from './provenance.ts';
import type { ImageBuildResult, ImageOutcome } from './result.ts';
import { retrying } from './retry.ts';
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
      images: out.images.map(({ image, status, digest, pushed, attached }) => ({
        ...{ image, status, digest, pushed, signature: attached?.tag ?? null },
      })),
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
  return plan.images.flatMap(({ image, target, platforms, testCommand, sign }) => [
    `build ${target.dockerfile} in ${target.context} for ${platforms.join(', ')} as ${image}`,
    `test it by: ${testCommand}`,
    ...(plan.push ? [`push ${image}`] : []),
    ...(plan.push && sign ? [`put its signature by your key beside it, as sha256-….sig`] : []),
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
  let made: Made = { id: null, digest: null, size: null, sbom: null, provenance: null, signature: null };
  let pushed = false;
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
      pushed = true;
    }
    const papers = await writePapers(writer, job, image, { contents, digest, started });
    const { id, size } = contents;
    made = { id, digest, size, ...papers };
    let attached: Attached | null = null;
    if (pushed && image.sign) {
      failing = 'SIGN_FAILED';
      tell('sign');
      const signer = await writer.keys.signer();
      const { registry, insecure } = plan;
      const { credentials, authFile } = job;
      const subject = { image: image.image, digest, env: writer.env };
      attached = await attempt(() =>
        attachSignature(signer, { ...to, ...subject, registry, insecure, credentials, authFile }),
      );
    }
    const ended = { attached, pushed, signed: papers.signature !== null };
    return {
      ...common,
      ...made,
      status: 'BUILT',
      error: null,
      ...ended,
      finished: writer.now().toISOString(),
    };
  } catch (error) {
    if (!isBitError(error) || error.code === 'cancelled') throw error;
    log.line(error.message);
    const ended = { attached: null, pushed, signed: false };
    const why = { status: failing, error: error.message };
    return { ...common, ...made, ...why, ...ended, finished: writer.now().toISOString() };
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

type Made = Pick<ImageOutcome, 'id' | 'digest' | 'size' | 'sbom' | 'provenance' | 'signature'>;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
