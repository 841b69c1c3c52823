import { BitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Paper } from '../kernel/paper.ts';
import type { Answer, Effect, Reader } from '../operation/index.ts';
import {
  type FlowPlan,
  loadSpecification,
  type OccasionRequest,
  type ProfilePlan,
  planFlow,
  readOccasion,
  requireRoot,
} from '../orchestration/index.ts';
import { readSupportTable, verdictOn, versionHere } from '../supported/index.ts';
import type { Placement, RunRequest } from '../workflow/index.ts';
import { renderRan } from './anything.ts';
import { type RunResult, startEffect } from './launch.ts';

export interface FlowRequest extends OccasionRequest {
  readonly flow: string | undefined;
  readonly profile: string | undefined;
  readonly on: Placement;
  readonly env: Readonly<Record<string, string>>;
  readonly parallel: number | undefined;
  readonly sandbox: boolean;
}

/** What `bit flow run` answers: the run, or why the event starts none. */
export type FlowRun = (RunResult & { readonly flow: string }) | NotStarted;

export interface NotStarted {
  readonly flow: string;
  readonly started: false;
  readonly because: string;
}

/**
 * Runs a flow.
 *
 * @throws BitError `not-found` with the nearest flows; `usage` with everything wrong in `.bithub.yml`; `unsupported`
 *   where its profile needs what only the mesh gives; `failed` as any run
 */
export async function runFlow(
  reader: Reader,
  request: FlowRequest,
): Promise<Effect<FlowRun> | Answer<FlowRun>> {
  const root = requireRoot(reader);
  const { specification, synthesised, text } = loadSpecification(root);
  if (synthesised !== undefined) {
    reader.notice('There is no .bithub.yml: the default is run. Write one with: bit init');
    for (const note of synthesised) reader.notice(`  ${note}`);
  }
  const occasion = await readOccasion(reader, request);
  const plan = planFlow(root, specification, occasion, request);
  const { flow, starts, because } = plan;
  if (!starts) return { reads: 'flow.run', answer: async () => ({ flow, started: false, because }) };
  for (const profile of profilesOf(plan)) {
    refuseLacking(profile);
    sayHandedOn(reader, profile);
  }
  const sandbox =
    request.sandbox || (await onlySandboxed(reader, root, occasion.tag))
      ? { network: 'host' as const }
      : undefined;
  const options = {
    flow: { plan, text: synthesised === undefined ? null : text, repository: await githubName(reader) },
  };
  const run: RunRequest = {
    source: 'flow',
    workflow: `.bithub.yml#${flow}`,
    inputs: {},
    event: { name: occasion.event, payload: {} },
    env: request.env,
    jobs: [],
    on: request.on,
    options: JSON.parse(JSON.stringify(options)) as JsonObject,
  };
  const effect = await startEffect(reader, run, { sandbox, parallel: request.parallel });
  const workflows = plan.steps.flatMap((step) => step.workflows.map(({ name }) => name));
  const running: Effect<RunResult & { readonly flow: string }> = {
    ...effect,
    summary: `run flow ${flow} on ${occasion.event}`,
    target: {
      ...effect.target,
      flow,
      workflows: [...new Set([flow, ...workflows])],
      event: occasion.event,
      branch: occasion.branch,
      labels: [...occasion.labels],
      fork: occasion.isFork,
      profile: plan.profile?.name ?? null,
      scopes: [...(specification.identity?.scopes ?? [])],
      pushes: plan.steps.some(({ runs, push }) => runs && push?.push === true),
    },
    plan: plan.steps.map(
      ({ number, kind, name, runs, because: why }) =>
        `${number}. ${kind} ${name}: ${runs ? 'runs' : 'skipped'} (${why})`,
    ),
    run: async (writer) => ({ ...(await effect.run(writer)), flow }),
    record(out) {
      const { audit = null, audit_sha256: digest = null } = out.outputs;
      return { ...effect.record?.(out), flow, audit, audit_sha256: digest };
    },
  };
  return running as Effect<FlowRun>;
}

/** The flow's, and those that steps which run name for themselves. */
function profilesOf({ profile, steps }: FlowPlan): readonly ProfilePlan[] {
  const all = [profile, ...steps.filter(({ runs }) => runs).map(({ own }) => own)];
  const named = all.flatMap((one) => (one === null ? [] : [[one.name, one] as const]));
  return [...new Map(named).values()];
}

function refuseLacking(profile: ProfilePlan): void {
  if (profile.lacking.length === 0) return;
  throw new BitError(
    'unsupported',
    `profile ${profile.name} needs ${profile.lacking.join(', ')}, which this machine can't give: ${profile.because}`,
    {
      hint: `choose another with --profile, or give it one to go to: clusters.profiles.${profile.name}.fallback`,
      details: { profile: profile.name, lacking: profile.lacking },
    },
  );
}

/** SECURITY.md's word on the version here: unsupported ones are blocked, or run in a sandbox where it says so. */
async function onlySandboxed(reader: Reader, root: string, tag: string | null): Promise<boolean> {
  const read = readSupportTable(root);
  const version = read === undefined ? undefined : await versionHere(reader, root, tag);
  if (read === undefined || version === undefined) return false;
  const { verdict, row, notes } = verdictOn(read.source, read.table, version);
  if (verdict === 'sandboxed')
    reader.notice(`${version} is not supported (${row}: ${notes}): it runs in a sandbox`);
  if (verdict !== 'blocked') return verdict === 'sandboxed';
  throw new BitError('denied', `${version} is not supported: ${row}${notes === '' ? '' : ` (${notes})`}`, {
    hint: 'run it all the same in a sandbox: --sandbox',
    details: { version, row },
  });
}

function sayHandedOn(reader: Reader, profile: ProfilePlan): void {
  if (profile.handedToMesh.length === 0) return;
  reader.notice(
    `profile ${profile.name}: ${profile.handedToMesh.join(', ')} is the mesh's to give; this run has this machine`,
  );
}

/** `owner/name` of the first remote on GitHub, or what GITHUB_REPOSITORY says. */
async function githubName(reader: Reader): Promise<string | null> {
  const said = reader.env['GITHUB_REPOSITORY'];
  if (said !== undefined && /^[\w.-]+\/[\w.-]+$/.test(said)) return said;
  for (const { fetch } of await reader.git.remotes()) {
    const [, name] = /github[^/:]*[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(fetch) ?? [];
    if (name !== undefined) return name;
  }
  return null;
}

export function renderFlowRun(out: FlowRun, page: Paper): void {
  if ('outputs' in out) renderRan(out, page);
  else page.line(page.safe(`${out.flow} does not start: ${out.because}`));
}
