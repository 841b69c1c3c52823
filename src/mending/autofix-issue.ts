import { answered, type GithubAsked, type GithubPlace, githubPlace } from '../github/index.ts';
import { isBitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { rootOf, workTreeFiles } from '../runs/index.ts';
import { runIds } from '../workflow/index.ts';
import {
  type AutofixOptions,
  type AutofixResult,
  applyHere,
  diagnose,
  groundHere,
  mendHere,
  recordOf,
} from './autofix.ts';
import { numberOf } from './autofix-pr.ts';
import { mendByTrial, workflowsFor } from './elsewhere.ts';
import { jobsOf } from './locate.ts';
import { patchOf } from './patch.ts';
import { openWorkshop } from './workshop.ts';

const MOST_TEXT = 256 * 1024;

/**
 * `bit bot autofix issue 7`: what an issue says failed. A run of this clone that it names is mended as such; else the
 * workflow that it names, or that runs the command it shows, is run in a copy. What an issue says is never run itself.
 */
export async function autofixIssue(
  reader: Reader,
  id: string | undefined,
  options: AutofixOptions & GithubAsked,
): Promise<Effect<AutofixResult>> {
  const number = numberOf(id);
  const github = await githubPlace(reader, options);
  const about = `${github.owner}/${github.repo}#${number}`;
  return {
    summary: `mend what issue #${number} of ${github.owner}/${github.repo} tells`,
    target: { about, apply: options.apply, here: options.here, network: options.network },
    plan: [
      `read issue #${number}, and look for a run or a workflow of this clone in it`,
      'run that in a throw-away copy, in the sandbox, and try what would put it right',
      options.apply
        ? `commit what passes ${options.here ? 'here' : 'on a branch of its own'}`
        : 'show what passes; change nothing',
    ],
    touches: { refs: [] },
    beside: true,
    run: (writer) => mendIssue(writer, github, number, about, options),
    record: recordOf,
    failed: (out) => (out.steps.some(({ proposed }) => proposed !== null) ? undefined : 'no fix was found'),
  };
}

async function mendIssue(
  writer: Writer,
  github: GithubPlace,
  number: number,
  about: string,
  options: AutofixOptions,
): Promise<AutofixResult> {
  const text = await textOf(github, number);
  const run = runIds(writer.stateDirectory).find((one) => text.toLowerCase().includes(one));
  if (run !== undefined) {
    const diagnosed = await diagnose(writer, run).catch((error: unknown) => {
      if (isBitError(error, 'usage') || isBitError(error, 'not-found')) return undefined;
      throw error;
    });
    if (diagnosed !== undefined && diagnosed.failures.length > 0) {
      const out = await mendHere(writer, { ...diagnosed, about }, options);
      return { ...out, notes: [`the issue names run ${run}`, ...out.notes] };
    }
  }
  return mendNamed(writer, text, about, options);
}

async function textOf({ octokit, owner, repo }: GithubPlace, number: number): Promise<string> {
  const issue = await answered(`issue #${number}`, () =>
    octokit.rest.issues.get({ owner, repo, issue_number: number }),
  );
  const comments =
    issue.comments === 0
      ? []
      : await answered(`comments of #${number}`, () =>
          octokit.rest.issues.listComments({ owner, repo, issue_number: number, per_page: 100 }),
        );
  const parts = [issue.title, issue.body ?? '', ...comments.map(({ body }) => body ?? '')];
  return parts.join('\n').slice(0, MOST_TEXT);
}

async function mendNamed(
  writer: Writer,
  text: string,
  about: string,
  options: AutofixOptions,
): Promise<AutofixResult> {
  const workshop = openWorkshop({ ...writer, now: writer.now() });
  const progress = writer.progress('mending');
  const files = workTreeFiles(rootOf(writer));
  try {
    const all = await groundHere(writer, files, []);
    const places = await workflowsFor(all, '');
    const named = places.filter(
      ({ path, name, source }) =>
        namedIn(text, path, name) ||
        jobsOf({ source, path }, files.read(path) ?? '').some(({ steps }) =>
          steps.some(({ command }) => shows(text, command)),
        ),
    );
    const none = { run: null, about, steps: [], applied: null, patch: '', pushed: null };
    if (named.length === 0)
      return {
        ...none,
        notes: [
          'the issue names no run and no workflow of this clone, and shows no command that one runs: it can’t be tried here',
        ],
      };
    const notes: string[] = [];
    for (const place of named.slice(0, 3)) {
      const patches = { git: writer.git, directory: workshop.directory, root: all.root, commit: all.commit };
      const mending = await mendByTrial({
        ...{ writer, workshop, ground: all, patches, place, network: options.network },
        ...{ event: { name: place.source === 'github' ? 'push' : 'manual', payload: {} }, options: {} },
        progress: (stage) => progress.update(stage, 0, undefined),
      });
      if (mending.failed === 0) {
        notes.push(`${printable(place.path)} passes in a copy of the tree as it is now`);
        continue;
      }
      progress.end();
      const applied = options.apply
        ? await applyHere(writer, mending, workshop, { about, here: options.here })
        : null;
      const patch = mending.changes.length === 0 ? '' : await patchOf(patches, mending.changes);
      return {
        ...none,
        steps: mending.steps,
        applied,
        patch,
        notes: [...notes, `what fails of ${printable(place.path)} in a copy`],
      };
    }
    return { ...none, notes };
  } finally {
    progress.end();
    workshop.close();
  }
}

/** By its path, or as one names it: `bit run ci`, `workflow ci`. */
function namedIn(text: string, path: string, name: string): boolean {
  if (text.includes(path)) return true;
  const word = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`\\b(?:bit run|workflow|gh workflow run) [\`"']?${word}\\b`, 'i').test(text);
}

/** A line of the text is a line of the command, with a prompt before it or in a block. */
function shows(text: string, command: string | null): boolean {
  const wanted = (command ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length >= 6);
  if (wanted.length === 0) return false;
  const told = new Set(text.split('\n', 5000).map((line) => line.trim().replace(/^(?:[$#>%]|\+|Run) /, '')));
  return wanted.some((line) => told.has(line));
}
