import { join } from 'node:path';
import { discoverRepository, openGit } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Writer } from '../operation/index.ts';
import { findAll, workTreeFiles } from '../runs/index.ts';
import type { RunRequest } from '../workflow/index.ts';
import { failuresOf, readRun } from './failed.ts';
import type { JobPlace } from './locate.ts';
import { type Mending, mend } from './mend.ts';
import type { PatchPlace } from './patch.ts';
import { type Network, requireSandbox } from './room.ts';
import { runTrial } from './trial.ts';
import type { Ground, Workshop } from './workshop.ts';

/** A ground at a commit, that the user's own work tree has nothing to do with. */
export async function groundAt(
  writer: Writer,
  workshop: Workshop,
  commit: string,
): Promise<{ readonly ground: Ground; readonly patches: PatchPlace }> {
  const { root, commonDir } = writer.git.paths;
  if (root === undefined) throw new BitError('unsupported', 'a bare repository has nothing to try in');
  const objects = [join(commonDir, 'objects')];
  const here: Ground = { root, git: writer.git, commit, objects, ignored: 'none' };
  const tree = await workshop.checkout(here, commit);
  const paths = discoverRepository(tree, {});
  if (paths === undefined) throw new BitError('failed', `${tree} is no repository`);
  const git = openGit({ paths, env: writer.env });
  const ground: Ground = {
    root: tree,
    git,
    commit,
    objects: [...objects, join(tree, '.git', 'objects')],
    ignored: 'none',
  };
  return { ground, patches: { git, directory: workshop.directory, root: tree, commit } };
}

export interface Reproduce {
  readonly writer: Writer;
  readonly workshop: Workshop;
  readonly ground: Ground;
  readonly patches: PatchPlace;
  readonly place: Pick<JobPlace, 'path'> & { readonly source: 'native' | 'github' };
  readonly event: { readonly name: string; readonly payload: JsonObject };
  readonly options: JsonObject;
  readonly network: Network;
  readonly progress: (stage: string) => void;
}

/** Runs a workflow in a copy to see what fails of it, and mends that. */
export async function mendByTrial(options: Reproduce): Promise<Mending & { readonly failed: number }> {
  const { writer, workshop, ground, place, event, network, progress } = options;
  requireSandbox();
  const request: RunRequest = {
    ...{ source: place.source, workflow: place.path, inputs: {}, event, env: {}, jobs: [], on: 'local' },
    options: options.options,
  };
  progress(`running ${place.path} in a copy`);
  const copy = await workshop.copy(ground);
  const baseline = await runTrial(writer, copy, request, { network, most: 30 * 60_000 });
  const run = baseline.fault === null ? readRun(copy.state, baseline.run) : undefined;
  if (run === undefined) return { steps: [], changes: [], fixers: [], failed: 0 };
  const failures = failuresOf(run, copy.state, workTreeFiles(ground.root));
  const mending = await mend({
    ...{ writer, ground, workshop, patches: options.patches, run, failures, network, progress },
    baseline,
  });
  return { ...mending, failed: failures.length };
}

/** Workflows of a ground that an event starts. */
export async function workflowsFor(
  ground: Ground,
  event: string,
): Promise<
  readonly {
    readonly path: string;
    readonly name: string;
    readonly title: string;
    readonly source: 'native' | 'github';
  }[]
> {
  const found = await findAll(workTreeFiles(ground.root));
  return found.flatMap(({ path, name, title, source, on, fault }) =>
    fault === undefined &&
    (source === 'native' || source === 'github') &&
    (event === '' || on.includes(event))
      ? [{ path, name, title, source }]
      : [],
  );
}
