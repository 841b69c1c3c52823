import { join } from 'node:path';
import { sha256 } from '../kernel/digest.ts';
import { BitError } from '../kernel/errors.ts';
import { canonicalJson, type JsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { pluginFixers } from '../plugins/index.ts';
import { rootOf, workTreeFiles } from '../runs/index.ts';
import type { SourceFiles } from '../workflow/index.ts';
import { type Applied, applyEffect } from './apply.ts';
import { chooseRun } from './choose.ts';
import { type Failure, failuresOf, type PastRun } from './failed.ts';
import { FIXERS } from './fixers/index.ts';
import { type MendedStep, type Mending, mend } from './mend.ts';
import type { Change } from './model.ts';
import { patchOf } from './patch.ts';
import type { Network } from './room.ts';
import { unreadableNamed, unreadableWorkflows } from './unreadable.ts';
import { type Ground, openWorkshop, type Workshop } from './workshop.ts';

export interface AutofixOptions {
  readonly apply: boolean;
  /** On the current branch. */
  readonly here: boolean;
  readonly network: Network;
  /** Not again where a branch holds it already. */
  readonly once?: boolean;
}

export interface AutofixResult {
  /** The run that failed, where there was one. */
  readonly run: string | null;
  readonly about: string;
  readonly steps: readonly MendedStep[];
  readonly applied: Applied | null;
  /** Changes that are proposed, as one unified diff. */
  readonly patch: string;
  readonly notes: readonly string[];
  readonly pushed: {
    readonly remote: string;
    readonly branch: string;
    readonly comment: string | null;
  } | null;
}

/** What is to be mended, found by reading alone. */
export interface Diagnosed {
  readonly about: string;
  readonly run: PastRun | undefined;
  readonly failures: readonly Failure[];
}

/**
 * The failures of a run (its id, `#12`), of the last run of a workflow, or of a workflow whose file can't be read; named
 * by nothing, of the last run that failed.
 *
 * @throws BitError `not-found`, `usage` where nothing failed
 */
export async function diagnose(reader: Reader, id: string | undefined): Promise<Diagnosed> {
  const files = workTreeFiles(rootOf(reader));
  const commit = (await reader.git.resolve('HEAD', 'commit')) ?? null;
  if (id !== undefined) {
    const unread = await unreadableNamed(files, id, commit);
    if (unread !== undefined) return { about: unread.place.path, run: undefined, failures: [unread] };
  }
  const run = await chooseRun(reader, id);
  if (run === undefined) {
    const unread = await unreadableWorkflows(files, commit);
    const [first] = unread;
    if (first !== undefined) return { about: first.place.path, run: undefined, failures: unread };
    throw new BitError('not-found', 'no run here has failed, and every workflow can be read', {
      hint: 'see the runs with: bit log workflow',
    });
  }
  return { about: run.name, run, failures: failuresOf(run, reader.stateDirectory, files) };
}

/** `bit bot autofix workflow`. */
export async function autofixWorkflow(
  reader: Reader,
  id: string | undefined,
  options: AutofixOptions,
): Promise<Effect<AutofixResult>> {
  return autofixEffect(await diagnose(reader, id), options);
}

export function autofixEffect(
  { about, run, failures }: Diagnosed,
  options: AutofixOptions,
): Effect<AutofixResult> {
  if (failures.length === 0)
    throw new BitError('not-found', `no step of run ${run?.id ?? ''} of ${printable(about)} failed`);
  const where = failures.map(
    ({ failed }) =>
      `${failed.workflow.path}${failed.workflow.line === null ? '' : `:${failed.workflow.line}`}`,
  );
  return {
    summary: `mend ${about}`,
    target: {
      about,
      run: run?.id ?? null,
      apply: options.apply,
      here: options.here,
      network: options.network,
    },
    plan: [
      ...failures.map(
        ({ failed, title }, at) =>
          `find why ${failed.job === '' ? '' : `${failed.job}/${failed.step}, `}${title} failed (${where[at]})`,
      ),
      'try what would put it right in a throw-away copy, in the sandbox',
      options.apply
        ? `commit what passes ${options.here ? 'here' : 'on a branch of its own'}`
        : 'show what passes; change nothing',
    ],
    touches: { refs: [] },
    beside: true,
    run: (writer) => mendHere(writer, { about, run, failures }, options),
    record: recordOf,
    failed: (out) => (out.steps.some(({ proposed }) => proposed !== null) ? undefined : 'no fix was found'),
  };
}

export function recordOf({ run, about, steps, applied, pushed }: AutofixResult): JsonObject {
  return {
    run,
    about,
    steps: steps.slice(0, 20).map(({ job, step, candidates, proposed }) => ({
      ...{ job, step },
      found: candidates.slice(0, 10).map(({ fixer, verdict }) => ({ fixer, verdict: verdict?.kind ?? null })),
      proposed: proposed === null ? null : (candidates[proposed]?.fixer ?? null),
    })),
    applied: applied === null ? null : { ...applied, files: applied.files.slice(0, 50) },
    pushed: pushed === null ? null : { ...pushed },
  };
}

/** The user's own work tree as the ground: what copies are made of. */
export async function groundHere(
  reader: Reader,
  files: SourceFiles,
  failures: readonly Failure[],
): Promise<Ground> {
  const { git } = reader;
  const commit = await git.resolve('HEAD', 'commit');
  const { root, commonDir } = git.paths;
  if (root === undefined || commit === undefined)
    throw new BitError('unsupported', 'nothing can be tried in a copy before there is a commit', {
      hint: 'commit first',
    });
  const installs = failures.some(({ place }) => INSTALLS.test(files.read(place.path) ?? ''));
  return {
    root,
    git,
    commit,
    objects: [join(commonDir, 'objects')],
    ignored: installs ? 'but-packages' : 'all',
  };
}

/** A workflow that installs its packages itself is to find none there. */
const INSTALLS =
  /\b(?:npm (?:ci|i|install)|pnpm (?:i|install)|yarn(?: install)?|bun (?:i|install)|pip3? install)\b/;

/** Mends in copies, and commits where that is asked for. */
export async function mendHere(
  writer: Writer,
  { about, run, failures }: Diagnosed,
  options: AutofixOptions,
): Promise<AutofixResult> {
  const files = workTreeFiles(rootOf(writer));
  const ground = await groundHere(writer, files, failures);
  const workshop = openWorkshop({ ...writer, now: writer.now() });
  const progress = writer.progress('mending');
  try {
    const patches = {
      git: writer.git,
      directory: workshop.directory,
      root: ground.root,
      commit: ground.commit,
    };
    const mending = await mend({
      ...{ writer, ground, workshop, patches, run, failures },
      network: options.network,
      fixers: [...FIXERS, ...(await pluginFixers(writer))],
      progress: (stage) => progress.update(stage, 0, undefined),
    });
    progress.end();
    const branch = branchFor(mending.fixers, mending.changes);
    const held = options.once === true && (await writer.git.resolve(`refs/heads/${branch}`)) !== undefined;
    const applied =
      options.apply && !held
        ? await applyHere(writer, mending, workshop, { about, here: options.here })
        : null;
    return {
      ...{ run: run?.id ?? null, about, steps: mending.steps, applied, pushed: null },
      patch: mending.changes.length === 0 ? '' : await patchOf(patches, mending.changes),
      notes: [...notesOf(run, ground), ...(held ? [`${branch} holds it already`] : [])],
    };
  } finally {
    progress.end();
    workshop.close();
  }
}

/** What a reader of the result has to know of the ground it was found on. */
function notesOf(run: PastRun | undefined, ground: Ground): readonly string[] {
  if (run?.commit === null || run?.commit === undefined || run.commit === ground.commit) return [];
  return [
    `the run was of ${run.commit.slice(0, 10)}; tried with the tree as it is now, at ${ground.commit.slice(0, 10)}`,
  ];
}

/** `fix/<fixer>-<short>`: the same for the same changes. */
export function branchFor(fixers: readonly string[], changes: readonly Change[]): string {
  const facts = changes.map(({ path, content, mode }) => [
    path,
    mode ?? '',
    content === null ? null : sha256(content).toString('hex'),
  ]);
  return `fix/${fixers[0] ?? 'repair'}-${sha256(canonicalJson(facts)).toString('hex').slice(0, 8)}`;
}

export function messageFor(steps: readonly MendedStep[], fixers: readonly string[], about: string): string {
  const chosen = steps.flatMap((step) => {
    const candidate = step.proposed === null ? undefined : step.candidates[step.proposed];
    return candidate === undefined || !fixers.includes(candidate.fixer) ? [] : [{ step, candidate }];
  });
  const subject = shorten(`fix: ${chosen[0]?.candidate.cause ?? about}`.replace(/\s+/g, ' '), 72);
  const body = chosen.map(
    ({ step, candidate }) =>
      `${step.job}/${step.step} of ${step.workflow}: ${candidate.cause}.\n${candidate.verdict?.what ?? ''}. Found by ${candidate.fixer}${step.run === '' ? '' : ` in run ${step.run}`}.`,
  );
  return printable(`${subject}\n\n${body.join('\n\n')}\n`, { multiline: true });
}

export async function applyHere(
  writer: Writer,
  { steps, changes, fixers }: Mending,
  workshop: Workshop,
  { about, here }: { readonly about: string; readonly here: boolean },
): Promise<Applied | null> {
  if (changes.length === 0) return null;
  const effect = await applyEffect(writer, {
    changes,
    message: messageFor(steps, fixers, about),
    branch: here ? undefined : branchFor(fixers, changes),
    directory: join(workshop.directory, 'apply'),
  });
  const request = { action: 'repo.commit', event: 'COMMIT', command: 'bot.autofix', args: { here } };
  return writer.perform(request, effect);
}
