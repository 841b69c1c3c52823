import { answered, type GithubAsked, type GithubPlace, githubPlace } from '../github/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { type Applied, applyEffect } from './apply.ts';
import { type AutofixOptions, type AutofixResult, branchFor, messageFor, recordOf } from './autofix.ts';
import { groundAt, mendByTrial, workflowsFor } from './elsewhere.ts';
import type { MendedStep, Mending } from './mend.ts';
import { patchOf } from './patch.ts';
import { openWorkshop } from './workshop.ts';

/** What is known of a pull request. */
interface Pull {
  readonly number: number;
  readonly sha: string;
  readonly headRef: string;
  readonly baseRef: string;
  /** Its branch lies in the repository itself, and no fork. */
  readonly own: boolean;
}

const FAILED = new Set(['failure', 'timed_out']);

/** `bit bot autofix pr 42`: its failed checks reproduced in a copy of its branch, and mended. */
export async function autofixPull(
  reader: Reader,
  id: string | undefined,
  options: AutofixOptions & GithubAsked,
): Promise<Effect<AutofixResult>> {
  const number = numberOf(id);
  if (options.here)
    throw new BitError('usage', '--here is for a workflow: a pull request has a branch of its own');
  const github = await githubPlace(reader, options);
  const { owner, repo } = github;
  return {
    summary: `mend pull request #${number} of ${owner}/${repo}`,
    target: {
      about: `${owner}/${repo}#${number}`,
      apply: options.apply,
      network: options.network,
      remote: github.remote,
    },
    plan: [
      `ask GitHub which checks of #${number} failed, and fetch its branch from ${github.remote}`,
      'run its workflows in a throw-away copy, in the sandbox, and try what would put them right',
      options.apply
        ? 'commit what passes, push it and say so in a comment'
        : 'show what passes; change nothing',
    ],
    touches: { refs: [] },
    beside: true,
    ...(options.apply ? { irreversible: [`pushes to ${github.remote}`, `comments on #${number}`] } : {}),
    run: (writer) => mendPull(writer, github, number, options),
    record: recordOf,
    failed: (out) => (out.steps.some(({ proposed }) => proposed !== null) ? undefined : 'no fix was found'),
  };
}

export function numberOf(id: string | undefined): number {
  const number = Number(/^#?(\d{1,9})$/.exec(id ?? '')?.[1] ?? 0);
  if (number > 0) return number;
  throw new BitError(
    'usage',
    id === undefined ? 'give the number of it' : `${printable(shorten(id))} is no number`,
    { hint: 'bit bot autofix pr 42' },
  );
}

async function mendPull(
  writer: Writer,
  github: GithubPlace,
  number: number,
  options: AutofixOptions,
): Promise<AutofixResult> {
  const { octokit, owner, repo, remote } = github;
  const data = await answered(`pull request #${number}`, () =>
    octokit.rest.pulls.get({ owner, repo, pull_number: number }),
  );
  const pull: Pull = {
    number,
    sha: data.head.sha,
    headRef: data.head.ref,
    baseRef: data.base.ref,
    own: data.head.repo?.full_name === data.base.repo.full_name,
  };
  const checks = await answered(`checks of #${number}`, () =>
    octokit.rest.checks.listForRef({ owner, repo, ref: pull.sha, per_page: 100 }),
  );
  const failed = checks.check_runs
    .filter(({ conclusion }) => FAILED.has(conclusion ?? ''))
    .map(({ name }) => name);
  const about = `${owner}/${repo}#${number}`;
  const nothing = (notes: readonly string[]): AutofixResult => ({
    run: null,
    about,
    steps: [],
    applied: null,
    patch: '',
    notes,
    pushed: null,
  });
  if (failed.length === 0) return nothing([`no check of #${number} has failed at ${pull.sha.slice(0, 10)}`]);
  await fetchHead(writer, remote, pull);
  const workshop = openWorkshop({ ...writer, now: writer.now() });
  const progress = writer.progress(`mending #${number}`);
  try {
    const { ground, patches } = await groundAt(writer, workshop, pull.sha);
    const candidates = await workflowsFor(ground, 'pull_request');
    const steps: MendedStep[] = [];
    const merged: { changes: Mending['changes']; fixers: readonly string[] } = { changes: [], fixers: [] };
    const notes = [`failed checks: ${failed.map((name) => printable(name)).join(', ')}`];
    for (const place of candidates) {
      const mending = await mendByTrial({
        ...{ writer, workshop, ground, patches, place, network: options.network },
        event: eventOf(pull),
        options: { github: factsOf(pull, about.split('#')[0] ?? '') },
        progress: (stage) => progress.update(stage, 0, undefined),
      });
      if (mending.failed === 0) notes.push(`${place.path} passes in a copy`);
      steps.push(...mending.steps);
      const taken = new Set(merged.changes.map(({ path }) => path));
      if (mending.changes.some(({ path }) => taken.has(path))) continue;
      merged.changes = [...merged.changes, ...mending.changes];
      merged.fixers = [...new Set([...merged.fixers, ...mending.fixers])];
    }
    if (candidates.length === 0)
      notes.push('no workflow of it runs on pull_request, so its checks can’t be run here');
    const patch = merged.changes.length === 0 ? '' : await patchOf(patches, merged.changes);
    progress.end();
    const out: AutofixResult = { ...nothing(notes), steps, patch };
    if (!options.apply || merged.changes.length === 0) return out;
    const applied = await commitOn(writer, pull, { ...merged, steps }, about, workshop.directory);
    const pushed = await pushAndSay(writer, github, pull, applied, out);
    return { ...out, applied, pushed };
  } finally {
    progress.end();
    workshop.close();
  }
}

/** The objects alone: no ref of this clone moves. */
async function fetchHead(writer: Writer, remote: string, { number, sha }: Pull): Promise<void> {
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(sha))
    throw new BitError('remote', 'GitHub names no commit of it');
  const words = [
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--',
    remote,
    `refs/pull/${number}/head`,
  ];
  await writer.git.run(words, { signal: writer.signal });
  if ((await writer.git.resolve(sha, 'commit')) !== undefined) return;
  throw new BitError('changed', `pull request #${number} has moved since GitHub was asked`, {
    hint: 'ask again',
  });
}

const eventOf = ({ number, sha, headRef, baseRef }: Pull) => ({
  name: 'pull_request',
  payload: {
    action: 'synchronize',
    number,
    pull_request: { number, head: { ref: headRef, sha }, base: { ref: baseRef } },
  },
});

const factsOf = ({ number, sha, headRef, baseRef }: Pull, repository: string) => ({
  ...{ ref: `refs/pull/${number}/merge`, sha, repository, actor: 'local', serverUrl: 'https://github.com' },
  ...{ headRef, baseRef, defaultBranch: baseRef },
});

async function commitOn(
  writer: Writer,
  pull: Pull,
  mending: Mending,
  about: string,
  directory: string,
): Promise<Applied> {
  const effect = await applyEffect(writer, {
    changes: mending.changes,
    message: messageFor(mending.steps, mending.fixers, about),
    branch: branchFor(mending.fixers, mending.changes),
    directory: `${directory}/apply`,
    base: pull.sha,
  });
  return writer.perform(
    { action: 'repo.commit', event: 'COMMIT', command: 'bot.autofix', args: { pull: pull.number } },
    effect,
  );
}

/** To the branch of the pull request itself where it is this repository's, never by force; else beside it. */
async function pushAndSay(
  writer: Writer,
  github: GithubPlace,
  pull: Pull,
  { commit, branch }: Applied,
  out: AutofixResult,
): Promise<AutofixResult['pushed']> {
  const { octokit, owner, repo, remote } = github;
  const to = pull.own ? pull.headRef : branch;
  const target = { remote, branch: to, oid: commit, force: false };
  await writer.perform(
    { action: 'repo.push', event: 'PUSH', command: 'bot.autofix', args: { pull: pull.number } },
    {
      summary: `push the repair of #${pull.number} to ${to}`,
      target,
      plan: [`push ${commit.slice(0, 10)} to ${to} of ${remote}`],
      touches: { refs: [] },
      irreversible: [`pushed refs/heads/${to} to ${remote}`],
      async run(inner) {
        await inner.git.push(remote, [`${commit}:refs/heads/${to}`], { signal: inner.signal });
        return { to };
      },
      record: () => target,
    },
  );
  const body = commentOf(out.steps, to, commit);
  const said = await writer.perform(
    { action: 'github.write', event: 'GITHUB_WRITE', command: 'bot.autofix', args: { pull: pull.number } },
    {
      summary: `comment on #${pull.number}`,
      target: {
        method: 'POST',
        path: `/repos/${owner}/${repo}/issues/${pull.number}/comments`,
        capability: `github:write:${owner}/${repo}:issues`,
      },
      plan: [`comment on #${pull.number}`],
      touches: { refs: [] },
      irreversible: [`commented on #${pull.number}`],
      run: async () => {
        const comment = await answered(`a comment on #${pull.number}`, () =>
          octokit.rest.issues.createComment({ owner, repo, issue_number: pull.number, body }),
        );
        return { url: comment.html_url };
      },
      record: ({ url }) => ({ url }),
    },
  );
  return { remote, branch: to, comment: said.url };
}

/** What logs and trees say stands in fenced text: nobody is called by it, and nothing of it is Markdown. */
function commentOf(steps: readonly MendedStep[], branch: string, commit: string): string {
  const parts = steps.flatMap((step) => {
    const candidate = step.proposed === null ? undefined : step.candidates[step.proposed];
    if (candidate === undefined) return [];
    const lines = [
      `${step.job}/${step.step} of ${step.workflow}: ${candidate.cause}`,
      ...candidate.evidence.map(
        ({ file, line, text }) =>
          `  ${file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `}${shorten(text, 200)}`,
      ),
      `tried in a throw-away copy: ${candidate.verdict?.what ?? ''}`,
      '',
      ...(candidate.patch ?? '').split('\n').slice(0, 200),
    ];
    return [fenced(lines.map((line) => printable(line)).join('\n'))];
  });
  return `A known cause fits what failed here; \`${commit.slice(0, 10)}\` on ${fencedWord(branch)} mends it.\n\n${parts.join('\n\n')}\n`;
}

function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

const fencedWord = (word: string): string => `\`${printable(word).replaceAll('`', '')}\``;
