import { references } from '../../expression/index.ts';
import { entries, type Scalar, type Tree } from '../source.ts';
import { expressionsOf, scalarsOf } from './expressions.ts';
import { eachStep, type Finding, hasEvent, type Rule } from './finding.ts';

/** The token of a job may do no more than the job needs. */
export const excessivePermissions: Rule = {
  id: 'excessive-permissions',
  summary: 'The token may do more than the jobs need.',
  *check({ workflow }) {
    const { permissions, jobs } = workflow;
    if (permissions !== undefined) yield* broad(permissions, jobs.length > 1);
    for (const job of jobs) if (job.permissions !== undefined) yield* broad(job.permissions, false);
    const open = jobs.filter((job) => job.permissions === undefined && job.uses === undefined);
    const key =
      workflow.root.kind === 'map'
        ? workflow.root.entries.find(({ key: { value } }) => value === 'jobs')?.key
        : undefined;
    if (permissions === undefined && open.length > 0 && key !== undefined)
      yield {
        rule: 'excessive-permissions',
        severity: 'medium',
        message: `no permissions are said for ${open.length === jobs.length ? 'any job' : open.map(({ id }) => id).join(', ')}: the token has what the repository's settings give by default`,
        at: key.at,
        fix: {
          title: 'read the contents and no more',
          edits: [{ line: key.at.line, remove: 0, insert: ['permissions:', '  contents: read', ''] }],
        },
      };
  },
};

function* broad(permissions: Tree, shared: boolean): Generator<Finding> {
  if (permissions.kind === 'scalar') {
    if (permissions.value === 'write-all')
      yield {
        rule: 'excessive-permissions',
        severity: 'high',
        message: 'write-all: the token may change everything there is',
        at: permissions.at,
      };
    else if (permissions.value === 'read-all')
      yield {
        rule: 'excessive-permissions',
        severity: 'low',
        message: 'read-all: name what is read',
        at: permissions.at,
      };
    return;
  }
  if (!shared) return;
  for (const { key, value } of entries(permissions))
    if (value.kind === 'scalar' && value.value === 'write')
      yield {
        rule: 'excessive-permissions',
        severity:
          key.value === 'contents' || key.value === 'packages' || key.value === 'id-token'
            ? 'high'
            : 'medium',
        message: `${String(key.value)}: write is given to every job; give it to the one that needs it`,
        at: key.at,
      };
}

/** Secrets where they get into output, or to all that runs. */
export const secretsExposed: Rule = {
  id: 'secrets-exposed',
  summary: 'A secret gets where it can be printed, or to more than needs it.',
  *check(subject) {
    const { workflow } = subject;
    const { source } = workflow;
    for (const { step } of eachStep(subject)) {
      for (const { at, reads } of expressionsOf(source, step.run))
        if (reads.some(({ path }) => path[0] === 'secrets' || path.join('.') === 'github.token'))
          yield {
            rule: 'secrets-exposed',
            severity: /\b(echo|printf|cat|tee)\b/.test(String(step.run?.value)) ? 'high' : 'medium',
            message:
              'a secret is put into the script itself, where an error or set -x prints it: hand it on through env',
            at,
          };
    }
    for (const scalar of scalarsOf(workflow.root)) yield* whole(expressionsOf(source, scalar));
    for (const job of workflow.jobs)
      if (job.secrets?.kind === 'scalar' && job.secrets.value === 'inherit')
        yield {
          rule: 'secrets-exposed',
          severity: 'medium',
          message: 'secrets: inherit hands every secret to the workflow called; name those it needs',
          at: job.secrets.at,
        };
  },
};

function* whole(found: ReturnType<typeof expressionsOf>): Generator<Finding> {
  for (const { expression, at } of found)
    for (const { path, within } of references(expression)) {
      if (path[0] !== 'secrets') continue;
      if (path.length === 1 || path[1] === '*')
        yield {
          rule: 'secrets-exposed',
          severity: 'high',
          message: 'every secret at once is handed on; name the ones needed',
          at,
        };
      else if (within.includes('fromjson'))
        yield {
          rule: 'secrets-exposed',
          severity: 'medium',
          message: 'parts of a secret that is JSON are not masked in logs',
          at,
        };
    }
}

/** Runners of one's own keep what a stranger's run leaves on them. */
export const selfHosted: Rule = {
  id: 'self-hosted-runner',
  summary: 'A runner of one’s own takes jobs that strangers start.',
  *check(subject) {
    if (!hasEvent(subject, 'pull_request', 'pull_request_target', 'issue_comment', 'issues')) return;
    for (const job of subject.workflow.jobs)
      for (const scalar of scalarsOf(job.runsOn))
        if (scalar.value === 'self-hosted')
          yield {
            rule: 'self-hosted-runner',
            severity: 'medium',
            message: 'a runner of your own runs what strangers send, and keeps what it leaves behind',
            at: scalar.at,
          };
  },
};

const BOTS = /^'?(dependabot|renovate|github-actions)(\[bot\])?'?$/i;

/** Who is said to have started it is whoever touched the branch last, not who wrote the code. */
export const botConditions: Rule = {
  id: 'bot-conditions',
  summary: 'A condition trusts the name of a bot that others can take.',
  *check(subject) {
    const conditions: (Scalar | undefined)[] = [
      ...subject.workflow.jobs.map((job) => job.if),
      ...[...eachStep(subject)].map(({ step }) => step.if),
    ];
    if (!hasEvent(subject, 'pull_request_target', 'workflow_run', 'pull_request', 'issue_comment')) return;
    for (const scalar of conditions) {
      const text = String(scalar?.value ?? '');
      const found = /github\.(actor|triggering_actor)\s*==\s*('[^']*')/i.exec(text);
      if (scalar !== undefined && found !== null && BOTS.test(found[2] ?? ''))
        yield {
          rule: 'bot-conditions',
          severity: hasEvent(subject, 'pull_request_target', 'workflow_run') ? 'high' : 'low',
          message: `github.${found[1]} is who acted last, and a stranger can make the bot act on his branch: compare github.event.pull_request.user.login`,
          at: scalar.at,
        };
    }
  },
};
