import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import type { ActionOptions, Bundle, StepSpecification } from '../specification/index.ts';
import type { Step, StepTools } from '../workflow/index.ts';
import { collectFiles, placeInside } from './collect.ts';
import { runBit } from './gates.ts';
import { type CompileOptions, retryOf } from './options.ts';
import type { StepPlan } from './plan-model.ts';
import { secretAt, send, tokenAt } from './send.ts';

const DEFAULT_RETENTION = 30;

/** What an action of a flow does. */
export function actionSteps(step: StepPlan, options: CompileOptions): readonly Step[] {
  const said = specified(step, options);
  switch (step.name) {
    case 'bit-image':
      return [imageStep(step, said.with ?? {}, options)];
    case 'package-assets':
      return [
        {
          ...native('package', 'package the assets', (tools) =>
            packageAssets(tools, said.with ?? {}, retentionOf(step, options)),
          ),
          ...retryOf(step),
        },
      ];
    default:
      return publishSteps(step, said.with ?? {}, options);
  }
}

/** Days artifacts are kept where nothing nearer says so: the step's profile, the flow's. */
function retentionOf({ own }: StepPlan, { plan }: CompileOptions): number {
  return (own ?? plan.profile)?.artifactRetentionDays ?? DEFAULT_RETENTION;
}

function specified(step: StepPlan, { plan, specification }: CompileOptions): StepSpecification {
  const flow = specification.orchestration?.flows?.find(({ name }) => name === plan.flow);
  const said = flow?.sequence[step.number - 1];
  if (said === undefined)
    throw new BitError('changed', `.bithub.yml has no step ${step.number} in ${plan.flow} any more`);
  return said;
}

function native(id: string, title: string, run: (tools: StepTools) => Promise<void>): Step {
  return { id, title, prepare: () => ({ kind: 'native', run }) };
}

/** `bit image build`, which has the retries of its own that it is given. */
function imageStep(
  step: StepPlan,
  said: ActionOptions,
  { specification, plan, tokenSources }: CompileOptions,
): Step {
  return native('image', 'build, test and push the images', async (tools) => {
    const tag = tools.state.run.startedAt.replace(/\D/g, '').slice(0, 14);
    const push = step.push?.push === true;
    const named =
      specification.images?.services?.every(({ imagePrefix }) => imagePrefix !== undefined) === true;
    const flag = (name: string, value: boolean | undefined): string[] =>
      value === undefined ? [] : [value ? `--${name}` : `--no-${name}`];
    const option = (name: string, value: string | undefined): string[] =>
      value === undefined ? [] : [`--${name}`, value];
    const words = [
      'image',
      'build',
      ...(said.services ?? []),
      ...[
        '--tag',
        tag,
        '--retries',
        String(step.retries + 1),
        '--backoff',
        String(Math.min(600, step.backoffSeconds)),
      ],
      // a service's own prefix is the nearer one
      ...option('prefix', named ? undefined : said.imagePrefix),
      ...option('registry', said.registry),
      ...option('owner', said.owner),
      ...(said.platforms ?? []).flatMap((platform) => ['--platform', platform]),
      ...Object.entries(said.buildArgs ?? {}).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
      ...option('test-command', said.testCommand),
      ...flag('sbom', said.sbom),
      ...flag('provenance', said.provenance),
      ...flag('sign', said.sign),
      ...flag('cache', said.cache?.enabled),
      ...option('cache-scope', said.cache?.scope),
      ...(push
        ? [
            '--push',
            ...option('credentials', tokenAt(tokenSources, tools)?.reference),
            ...option('username', said.owner ?? plan.occasion.actor ?? undefined),
          ]
        : []),
    ];
    tools.log(push ? `pushes: ${step.push?.because}` : `does not push: ${step.push?.because}`);
    try {
      await runBit(tools, words);
    } finally {
      const manifest = join(tools.state.workspace, 'audit', `images_${tag}.json`);
      if (existsSync(manifest)) tools.output('images', readFileSync(manifest, 'utf8').trim());
      const log = `audit/build_manifest_${tag}.log`;
      if (existsSync(join(tools.state.workspace, log))) tools.output('audit-file', log);
    }
  });
}

/** Files below an `assets` folder, as an artifact and, where asked, as a .tar.gz in the work tree. */
async function packageAssets(tools: StepTools, said: ActionOptions, retention: number): Promise<void> {
  const { paths = ['**/assets/**'], exclude = [], name = 'assets', output } = said;
  const root = tools.state.workspace;
  const target = output === undefined ? undefined : placeInside(root, output);
  if (target !== undefined && !/\.(?:tar\.gz|tgz)$/.test(target))
    throw new BitError('usage', `output ${output} must end in .tar.gz`);
  const own = target === undefined ? [] : [relative(root, target)];
  const files = collectFiles(root, paths, { exclude: [...exclude, ...own], skip: ['node_modules'] });
  if (files.length === 0) throw new BitError('failed', `no file matches ${paths.join(', ')}`);
  const retentionDays = said.retentionDays ?? retention;
  const { digest, size } = await tools.artifacts.put(name, files, { replace: true, retentionDays });
  tools.log(`${files.length} files, ${size} bytes, as artifact ${name}, sha256 ${digest}`);
  tools.output('artifact', name);
  tools.output('digest', digest);
  if (target === undefined) return;
  writeFileAtomic(
    target,
    await tarball(
      root,
      files.map(({ path }) => path),
    ),
  );
  tools.log(`written to ${output}`);
}

/** The same bytes for the same files: no times, no owners. */
async function tarball(root: string, paths: readonly string[]): Promise<Buffer> {
  const { create } = await import('tar');
  const chunks: Uint8Array[] = [];
  const stream = create(
    { cwd: root, gzip: { level: 6 }, portable: true, noMtime: true, noDirRecurse: true, follow: false },
    [...paths],
  );
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Each bundle becomes an artifact kept for its days, and goes where `to` says as well. */
function publishSteps(step: StepPlan, said: ActionOptions, options: CompileOptions): readonly Step[] {
  const all = options.specification.artifacts?.bundles ?? [];
  const bundles = said.bundles === undefined ? all : all.filter(({ name }) => said.bundles?.includes(name));
  if (bundles.length === 0) {
    return [
      native('publish', 'publish artifacts', async () => {
        throw new BitError('failed', 'there is nothing to publish: .bithub.yml has no artifacts.bundles');
      }),
    ];
  }
  return bundles.map((bundle) => ({
    ...native(`publish-${bundle.name}`, `publish ${bundle.name}`, (tools) =>
      publish(tools, bundle, { step, said, options }),
    ),
    ...retryOf(step),
  }));
}

async function publish(
  tools: StepTools,
  bundle: Bundle,
  {
    step,
    said,
    options,
  }: { readonly step: StepPlan; readonly said: ActionOptions; readonly options: CompileOptions },
): Promise<void> {
  const { workspace, run } = tools.state;
  const files = collectFiles(workspace, bundle.paths);
  if (files.length === 0) return tools.log(`${bundle.name}: no file matches ${bundle.paths.join(', ')} yet`);
  const retentionDays = bundle.retentionDays ?? retentionOf(step, options);
  const { digest, size } = await tools.artifacts.put(bundle.name, files, { replace: true, retentionDays });
  tools.log(
    `${bundle.name}: ${files.length} files, ${size} bytes, kept ${retentionDays} days, sha256 ${digest}`,
  );
  if (said.to === undefined) return;
  if (step.push?.push !== true) return tools.log(`stays here: ${step.push?.because}`);
  const name = `${bundle.name}-${run.id}.tar.gz`;
  const bytes = await tarball(
    workspace,
    files.map(({ path }) => path),
  );
  if (/^https?:\/\//.test(said.to)) {
    const token =
      said.tokenRef === undefined
        ? tokenAt(options.tokenSources, tools)?.value
        : secretAt(said.tokenRef, tools);
    await send(new URL(name, said.to.endsWith('/') ? said.to : `${said.to}/`).href, {
      method: 'PUT',
      type: 'application/gzip',
      body: bytes,
      signal: tools.signal,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    return tools.log(`${bundle.name}: sent as ${name}`);
  }
  const folder = said.to.replace(/^file:\/\//, '');
  const target = said.to.startsWith('file://')
    ? join(folder, name)
    : placeInside(workspace, join(folder, name));
  writeFileAtomic(target, bytes);
  tools.log(`${bundle.name}: written to ${target}`);
}
