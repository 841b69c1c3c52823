import { BitError } from '../../kernel/errors.ts';
import { parseUses } from '../action-place.ts';
import { at, type Scalar, type Tree, textAt } from '../source.ts';
import {
  type Edit,
  eachStep,
  type Finding,
  hasEvent,
  isUsing,
  type Rule,
  type StepAt,
  type Subject,
} from './finding.ts';

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/i;

/** A tag or branch of somebody else's can be moved to other code at any time. */
export const unpinnedUses: Rule = {
  id: 'unpinned-uses',
  summary: 'Code of others is named by a tag or branch, which can be moved, not by a commit.',
  *check(subject) {
    const all: (Scalar | undefined)[] = [...eachStep(subject)].map(({ step }) => step.uses);
    for (const uses of [...all, ...subject.workflow.jobs.map((job) => job.uses)])
      if (uses !== undefined) yield* unpinned(subject, uses);
  },
};

function* unpinned({ lines, pinOf }: Subject, uses: Scalar): Generator<Finding> {
  const text = String(uses.value);
  let reference: ReturnType<typeof parseUses>;
  try {
    reference = parseUses(text);
  } catch (error) {
    if (error instanceof BitError) return;
    throw error;
  }
  if (reference.kind === 'docker') {
    if (!/@sha256:[0-9a-f]{64}$/.test(reference.image))
      yield {
        rule: 'unpinned-uses',
        severity: 'medium',
        message: `the image ${reference.image} is not named by its digest`,
        at: uses.at,
      };
    return;
  }
  if (reference.kind === 'local' || COMMIT.test(reference.ref)) return;
  const commit = pinOf(text);
  const line = lines[uses.at.line - 1] ?? '';
  const fix: readonly Edit[] | undefined =
    commit === undefined || line.includes('#')
      ? undefined
      : [
          {
            line: uses.at.line,
            remove: 1,
            insert: [`${line.replace(`@${reference.ref}`, () => `@${commit}`)} # ${reference.ref}`],
          },
        ];
  const own = reference.owner.toLowerCase() === 'actions' || reference.owner.toLowerCase() === 'github';
  yield {
    rule: 'unpinned-uses',
    severity: own ? 'low' : 'medium',
    message: `${text} is not named by a commit: ${reference.ref} can be moved to other code`,
    at: uses.at,
    ...(fix === undefined ? {} : { fix: { title: 'name the commit', edits: fix } }),
  };
}

/** The checkout leaves a token in `.git/config`, which an artifact of the work tree takes along. */
export const artipacked: Rule = {
  id: 'artipacked',
  summary: 'A checkout keeps its token in the work tree, from where it can leak into an artifact.',
  *check(subject) {
    for (const found of eachStep(subject)) {
      const { job, step } = found;
      if (!isUsing(step, 'actions/checkout')) continue;
      const kept = textAt(step.with, 'persist-credentials');
      if (kept === 'false') continue;
      const uploads = job.steps.some((other) => isUsing(other, 'actions/upload-artifact'));
      const fix = kept === undefined ? withoutCredentials(subject, found) : undefined;
      yield {
        rule: 'artipacked',
        severity: uploads ? 'medium' : 'low',
        message: `this checkout keeps its token in .git/config${uploads ? ', and the job uploads an artifact' : ''}: say persist-credentials: false`,
        at: step.uses?.at ?? step.tree.at,
        ...(fix === undefined ? {} : { fix: { title: 'keep no token', edits: fix } }),
      };
    }
  },
};

function withoutCredentials({ lines }: Subject, { step }: StepAt): readonly Edit[] | undefined {
  const given = step.with;
  const key =
    step.tree.kind === 'map' ? step.tree.entries.find((entry) => entry.key.value === 'uses')?.key : undefined;
  if (key === undefined || (lines[key.at.line - 1] ?? '').includes('{')) return undefined;
  const indent = ' '.repeat(key.at.column - 1);
  if (given === undefined)
    return [
      {
        line: key.at.line + 1,
        remove: 0,
        insert: [`${indent}with:`, `${indent}  persist-credentials: false`],
      },
    ];
  const first = given.kind === 'map' ? given.entries[0]?.key : undefined;
  if (first === undefined || (lines[first.at.line - 1] ?? '').includes('{')) return undefined;
  return [
    {
      line: first.at.line,
      remove: 0,
      insert: [`${' '.repeat(first.at.column - 1)}persist-credentials: false`],
    },
  ];
}

const WITH_CACHE: Readonly<Record<string, string>> = {
  'actions/setup-node': 'cache',
  'actions/setup-python': 'cache',
  'actions/setup-java': 'cache',
  'ruby/setup-ruby': 'bundler-cache',
};

/** What an earlier run of anyone with write access to a branch kept goes into what is released. */
export const cachePoisoning: Rule = {
  id: 'cache-poisoning',
  summary: 'A workflow that releases takes files from a cache that other runs write.',
  *check(subject) {
    const releases =
      hasEvent(subject, 'release') ||
      pushesTags(subject) ||
      [...eachStep(subject)].some(({ step }) => publishes(String(step.run?.value ?? '')));
    const strangers = hasEvent(subject, 'pull_request_target', 'issue_comment');
    if (!releases && !strangers) return;
    for (const { step } of eachStep(subject)) {
      const named = Object.keys(WITH_CACHE).find((name) => isUsing(step, name));
      const wanted = named === undefined ? undefined : textAt(step.with, WITH_CACHE[named] ?? '');
      const caches = isUsing(step, 'actions/cache', 'swatinem/rust-cache', 'actions/setup-go')
        ? !isUsing(step, 'actions/setup-go') || textAt(step.with, 'cache') !== 'false'
        : wanted !== undefined && wanted !== 'false' && wanted !== '';
      if (caches && !String(step.uses?.value).includes('actions/cache/save'))
        yield {
          rule: 'cache-poisoning',
          severity: strangers ? 'high' : 'medium',
          message: strangers
            ? 'strangers start this workflow, and what they put into the cache is used by later runs'
            : 'this workflow releases, and its cache holds what other runs put there',
          at: step.uses?.at ?? step.tree.at,
        };
    }
  },
};

function pushesTags({ workflow }: Subject): boolean {
  const push = workflow.on.find(({ name }) => name === 'push');
  return at(push?.filters, 'tags') !== undefined;
}

function publishes(script: string): boolean {
  return /\b(npm|pnpm|yarn|cargo|poetry|uv|twine|gem|docker)\s+(publish|upload|push)\b/.test(script);
}

export const containerCredentials: Rule = {
  id: 'hardcoded-credentials',
  summary: 'The password of a container registry stands in the file.',
  *check({ workflow }) {
    for (const job of workflow.jobs) {
      const services = job.services?.kind === 'map' ? job.services.entries.map(({ value }) => value) : [];
      for (const container of [job.container, ...services]) yield* hardcoded(container);
    }
  },
};

function* hardcoded(container: Tree | undefined): Generator<Finding> {
  const password = at(at(container, 'credentials'), 'password');
  if (password?.kind === 'scalar' && !String(password.value).includes('${{'))
    yield {
      rule: 'hardcoded-credentials',
      severity: 'high',
      message: 'a password stands in the file: put it into a secret',
      at: password.at,
    };
}
