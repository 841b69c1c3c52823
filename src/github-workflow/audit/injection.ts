import { at, type Scalar, textAt } from '../source.ts';
import { expressionsOf, type Found, taintOf } from './expressions.ts';
import {
  DANGEROUS_EVENTS,
  type Edit,
  eachStep,
  type Finding,
  hasEvent,
  isUsing,
  type Rule,
  type StepAt,
  type Subject,
} from './finding.ts';

/** An expression is put into a script before the shell reads it: what a stranger wrote becomes commands. */
export const templateInjection: Rule = {
  id: 'template-injection',
  summary: 'An expression puts text of others into a script, where it is read as code.',
  *check(subject) {
    for (const found of eachStep(subject)) {
      const { step } = found;
      if (step.run !== undefined) yield* inScript(subject, found, step.run, true);
      const script = at(step.with, 'script');
      if (isUsing(step, 'actions/github-script') && script?.kind === 'scalar')
        yield* inScript(subject, found, script, false);
    }
  },
};

function* inScript(subject: Subject, found: StepAt, script: Scalar, shell: boolean): Generator<Finding> {
  const all = expressionsOf(subject.workflow.source, script);
  const tainted = all.filter((each) => taintOf(each) !== undefined);
  for (const each of tainted) {
    const taint = taintOf(each);
    if (taint === undefined) continue;
    const stranger = taint.by === 'stranger';
    const fix = shell ? throughEnvironment(subject, found, tainted) : undefined;
    yield {
      rule: 'template-injection',
      severity: stranger ? 'high' : 'low',
      message: `\${{ ${each.expression.text} }} is put into the script as it is: ${taint.path} is ${stranger ? 'what a stranger wrote' : 'what whoever starts it chose'}; hand it on through env`,
      at: each.at,
      ...(fix === undefined ? {} : { fix: { title: 'hand it on through the environment', edits: fix } }),
    };
  }
}

/** A variable for each expression, and `${NAME}` where it stood: in a step whose lines can be told apart. */
function throughEnvironment(
  { workflow, lines }: Subject,
  { step }: StepAt,
  found: readonly Found[],
): readonly Edit[] | undefined {
  const { run, env, shell, tree } = step;
  if (run === undefined || tree.kind !== 'map') return undefined;
  if (shell !== undefined && !['bash', 'sh'].includes(String(shell.kind === 'scalar' ? shell.value : '')))
    return undefined;
  const key = tree.entries.find(({ key: { value } }) => value === 'run')?.key;
  if (key === undefined || (env !== undefined && env.kind !== 'map')) return undefined;
  const names = new Map<string, string>();
  const changed = new Map<number, string>();
  for (const { expression, at: place } of found) {
    const line = changed.get(place.line) ?? lines[place.line - 1] ?? '';
    const name = names.get(expression.text) ?? variableName(expression.text, names);
    names.set(expression.text, name);
    const written = new RegExp(`\\$\\{\\{\\s*${escaped(expression.text)}\\s*\\}\\}`);
    // within single quotes the shell would not read the variable
    if (!written.test(line) || insideSingleQuotes(line, line.search(written))) return undefined;
    changed.set(
      place.line,
      line.replace(written, () => `\${${name}}`),
    );
  }
  const indent = ' '.repeat(key.at.column - 1);
  const added = [...names].map(([text, name]) => `${name}: \${{ ${text} }}`);
  const edits: Edit[] = [...changed].map(([line, text]) => ({ line, remove: 1, insert: [text] }));
  const first = env?.kind === 'map' ? env.entries[0]?.key : undefined;
  if (first !== undefined) {
    if (first.at.line === step.env?.at.line && lines[first.at.line - 1]?.includes('{')) return undefined;
    edits.push({
      line: first.at.line,
      remove: 0,
      insert: added.map((text) => ' '.repeat(first.at.column - 1) + text),
    });
  } else if (lines[key.at.line - 1]?.trimStart().startsWith('-')) {
    // `- run:` is the first of its step: what comes new stands before the dash's mapping goes on
    const line = changed.get(key.at.line) ?? lines[key.at.line - 1] ?? '';
    const dash = line.slice(0, key.at.column - 1);
    const rest = edits.filter((edit) => edit.line !== key.at.line);
    return [
      ...rest,
      {
        line: key.at.line,
        remove: 1,
        insert: [
          `${dash}env:`,
          ...added.map((text) => `${indent}  ${text}`),
          indent + line.slice(key.at.column - 1),
        ],
      },
    ];
  } else
    edits.push({
      line: key.at.line,
      remove: 0,
      insert: [`${indent}env:`, ...added.map((text) => `${indent}  ${text}`)],
    });
  return workflow.source.text.includes('\t') ? undefined : edits;
}

function variableName(text: string, taken: ReadonlyMap<string, string>): string {
  const base = text
    .replace(/^github\.event\.|^github\.|^inputs\./, '')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase()
    .replace(/^(?=\d)/, '_')
    .slice(0, 40);
  const used = new Set(taken.values());
  let name = base === '' || /^(GITHUB|RUNNER|PATH|HOME)/.test(base) ? `INPUT_${base || 'VALUE'}` : base;
  for (let count = 2; used.has(name); count++) name = `${base}_${count}`;
  return name;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function insideSingleQuotes(line: string, at: number): boolean {
  return (line.slice(0, at).match(/'/g)?.length ?? 0) % 2 === 1;
}

export const dangerousTriggers: Rule = {
  id: 'dangerous-triggers',
  summary: 'The workflow runs with the rights of the repository on what strangers send.',
  *check({ workflow }) {
    for (const { name, at: place } of workflow.on)
      if (name === 'pull_request_target' || name === 'workflow_run')
        yield {
          rule: 'dangerous-triggers',
          severity: name === 'pull_request_target' ? 'high' : 'medium',
          message: `${name} runs with the repository's secrets and a token that may write, also for a fork's pull request`,
          at: place,
        };
  },
};

/** The head of a stranger's pull request, checked out where secrets are. */
export const untrustedCheckout: Rule = {
  id: 'untrusted-checkout',
  summary: "A stranger's code is checked out where the workflow has secrets.",
  *check(subject) {
    if (!hasEvent(subject, 'pull_request_target', 'workflow_run', 'issue_comment')) return;
    for (const { step } of eachStep(subject)) {
      if (!isUsing(step, 'actions/checkout')) continue;
      const ref = at(step.with, 'ref');
      if (ref?.kind !== 'scalar') continue;
      const heads = expressionsOf(subject.workflow.source, ref).filter(({ reads }) =>
        reads.some(({ path }) =>
          /head|number|pull_request\.merge_commit_sha/.test(path.join('.').toLowerCase()),
        ),
      );
      for (const { at: place } of heads)
        yield {
          rule: 'untrusted-checkout',
          severity: 'high',
          message: "this checks out a stranger's code where the workflow has the repository's secrets",
          at: place,
        };
    }
  },
};

export const githubEnv: Rule = {
  id: 'github-env',
  summary: 'GITHUB_ENV or GITHUB_PATH is written where strangers start the workflow.',
  *check(subject) {
    if (!hasEvent(subject, ...DANGEROUS_EVENTS)) return;
    for (const { step } of eachStep(subject)) {
      const script = String(step.run?.value ?? '');
      if (step.run !== undefined && /GITHUB_(ENV|PATH)\b/.test(script))
        yield {
          rule: 'github-env',
          severity: 'medium',
          message:
            'what is written to GITHUB_ENV or GITHUB_PATH changes the steps after it; here strangers start the workflow',
          at: step.run.at,
        };
    }
  },
};

export const insecureCommands: Rule = {
  id: 'insecure-commands',
  summary: 'Workflow commands that GitHub disabled or deprecated.',
  *check(subject) {
    const { workflow, lines } = subject;
    for (const holder of [workflow, ...workflow.jobs, ...[...eachStep(subject)].map(({ step }) => step)]) {
      const allowed = at(holder.env, 'actions_allow_unsecure_commands');
      if (textAt(holder.env, 'actions_allow_unsecure_commands') === 'true' && allowed !== undefined)
        yield {
          rule: 'insecure-commands',
          severity: 'high',
          message: 'ACTIONS_ALLOW_UNSECURE_COMMANDS lets any output line set variables and the PATH',
          at: allowed.at,
        };
    }
    for (const { step } of eachStep(subject)) {
      if (step.run === undefined) continue;
      const from = step.run.at.line;
      const count = workflow.source.text.slice(...step.run.range).split('\n').length;
      for (let number = from; number < from + count; number++) {
        const line = lines[number - 1] ?? '';
        const old =
          /^(\s*(?:-\s+)?(?:run:\s*)?)echo\s+(["']?)::(set-output|save-state)\s+name=([A-Za-z_][\w-]*)::(.*?)\2\s*$/.exec(
            line,
          );
        if (old === null) {
          const column = line.search(/::(set-output|save-state|set-env|add-path)\b/);
          if (column >= 0)
            yield {
              rule: 'insecure-commands',
              severity: 'low',
              message:
                'this workflow command is deprecated or disabled; write to the file in GITHUB_OUTPUT, GITHUB_STATE, GITHUB_ENV or GITHUB_PATH',
              at: { line: number, column: column + 1 },
            };
          continue;
        }
        const [, before = '', quote = '', command = '', name = '', value = ''] = old;
        const file = command === 'set-output' ? 'GITHUB_OUTPUT' : 'GITHUB_STATE';
        const marks = quote === '' ? '"' : quote;
        yield {
          rule: 'insecure-commands',
          severity: 'low',
          message: `::${command} is deprecated: write to $${file}`,
          at: { line: number, column: before.length + 1 },
          fix: {
            title: `write to $${file}`,
            edits: [
              {
                line: number,
                remove: 1,
                insert: [`${before}echo ${marks}${name}=${value}${marks} >> "$${file}"`],
              },
            ],
          },
        };
      }
    }
  },
};
