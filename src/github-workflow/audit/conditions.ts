import { evaluateCondition, hasExpression, parseCondition, references } from '../../expression/index.ts';
import { BitError } from '../../kernel/errors.ts';
import type { Scalar } from '../source.ts';
import { eachStep, type Finding, type Rule, type Subject } from './finding.ts';

type Constant = 'always' | 'never' | 'text';

/** What an `if` says whatever happens. */
function constantOf(scalar: Scalar): Constant | undefined {
  const text = String(scalar.value);
  try {
    const condition = parseCondition(text);
    const { parts } = condition.template;
    if (hasExpression(text) && parts.some((part) => part.kind === 'text')) return 'text';
    const reads = parts.some((part) => part.kind === 'expression' && references(part.expression).length > 0);
    if (reads || /[a-z]\s*\(/i.test(text)) return undefined;
    const status = { success: true, failure: false, cancelled: false };
    return evaluateCondition(condition, { contexts: {}, status }) ? 'always' : 'never';
  } catch (error) {
    if (error instanceof BitError) return undefined;
    throw error;
  }
}

/** Jobs and steps that never run, or whose condition doesn't do what it says. */
export const deadSteps: Rule = {
  id: 'dead-steps',
  summary: 'A step or job that never runs, or a condition that is always true.',
  *check(subject) {
    const { workflow } = subject;
    const never = new Set<string>();
    for (const job of workflow.jobs) {
      if (job.if === undefined) continue;
      yield* told(subject, job.if, `the job ${job.id}`);
      if (constantOf(job.if) === 'never') never.add(job.id);
    }
    for (const job of workflow.jobs) {
      const dead = job.needs.find((need) => never.has(need));
      if (dead !== undefined && job.if === undefined)
        yield {
          rule: 'dead-steps',
          severity: 'low',
          message: `the job ${job.id} needs ${dead}, which never runs`,
          at: job.key.at,
        };
    }
    for (const { step } of eachStep(subject))
      if (step.if !== undefined) yield* told(subject, step.if, 'this step');
    yield* afterTheEnd(subject);
  },
};

function* told(_: Subject, scalar: Scalar, what: string): Generator<Finding> {
  const constant = constantOf(scalar);
  if (constant === 'never')
    yield {
      rule: 'dead-steps',
      severity: 'low',
      message: `${what} never runs: its if is false`,
      at: scalar.at,
    };
  if (constant === 'text')
    yield {
      rule: 'dead-steps',
      severity: 'high',
      message: `${what} always runs: there is text around the \${{ }} of its if, and a text is true`,
      at: scalar.at,
    };
}

/** After a step that always fails nothing runs that doesn't ask for it. */
function* afterTheEnd({ workflow }: Subject): Generator<Finding> {
  for (const job of workflow.jobs) {
    let ended = false;
    for (const step of job.steps) {
      if (ended && step.if === undefined) {
        yield {
          rule: 'dead-steps',
          severity: 'low',
          message: 'this step never runs: the one before it always fails',
          at: step.tree.at,
        };
        break;
      }
      const fails = /^\s*exit\s+[1-9]\d*\s*$/.test(String(step.run?.value ?? ''));
      if (fails && step.if === undefined && step.continueOnError === undefined) ended = true;
    }
  }
}

/** `contains` of a text finds parts of names too. */
export const unsoundContains: Rule = {
  id: 'unsound-contains',
  summary: 'contains() of a text takes parts of a name for the name.',
  *check(subject) {
    const scalars = [
      ...subject.workflow.jobs.map((job) => job.if),
      ...[...eachStep(subject)].map(({ step }) => step.if),
    ];
    for (const scalar of scalars) {
      const text = String(scalar?.value ?? '');
      if (
        scalar !== undefined &&
        /contains\(\s*'[^']*\s[^']*'\s*,\s*(github\.(ref|ref_name|head_ref|base_ref|actor)|env\.)/i.test(text)
      )
        yield {
          rule: 'unsound-contains',
          severity: 'medium',
          message:
            "contains('a b', x) is true for every part of the text, '' too: use contains(fromJSON('[\"a\", \"b\"]'), x)",
          at: scalar.at,
        };
    }
  },
};
