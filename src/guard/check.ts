import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import {
  formatPolicy,
  lintPolicySet,
  lintResponses,
  type PolicyProblem,
  type PolicySource,
  type PolicyTestResult,
  runPolicyTests,
} from '../policy/index.ts';
import { isContract, rulesOf } from './contracts.ts';
import { commandShapes, targetSchemas } from './shapes.ts';
import { compileSet, findSet, type NamedSet } from './which.ts';

export type CheckMode = 'all' | 'workflow' | 'response';

export interface CheckReport {
  readonly mode: CheckMode;
  readonly set: NamedSet['from'];
  readonly digest: string;
  readonly files: readonly string[];
  readonly problems: readonly PolicyProblem[];
  readonly tests: readonly PolicyTestResult[];
  readonly ok: boolean;
}

export interface CheckQuestion {
  /** `workflow`: only packages about workflows. `response`: only the shape of denials. */
  readonly mode: CheckMode;
  /** The accepted set, not the tree's. */
  readonly accepted: boolean;
  /** Also which files `bit policy fmt` would lay out anew. */
  readonly layout: boolean;
  /** A warning is an error too. */
  readonly strict: boolean;
}

/** Parses, compiles, lints and tests a policy set. */
export function checkPolicies(reader: Reader, question: CheckQuestion): CheckReport {
  const set = findSet(reader, question.accepted ? 'accepted' : 'tree');
  if (set === undefined) {
    throw new BitError('not-found', 'no policy set was accepted yet', {
      hint: 'take the tree’s with: bit policy accept',
    });
  }
  const compiled = compileSet(set, reader);
  const chosen = question.mode === 'workflow' ? set.sources.filter(isAboutWorkflows) : set.sources;
  const paths = new Set(chosen.map((source) => source.path));
  const broken = compiled.problems.some((problem) => problem.severity === 'error');
  const found =
    question.mode === 'response'
      ? compiled.problems
      : lintPolicySet(compiled, commandShapes(), targetSchemas());
  const shapes = broken ? [] : lintResponses(compiled);
  const { results, problems: inTests } =
    question.mode === 'response' || broken
      ? { results: [], problems: [] }
      : runPolicyTests(rulesOf(set.sources).sources, { builtins: reader.builtins });
  const layout = question.layout ? chosen.filter((source) => !isContract(source)).flatMap(layoutProblem) : [];
  const problems = distinct([...found, ...shapes, ...inTests, ...layout])
    .filter(({ at }) => paths.has(at.path) || at.path === '')
    .map((problem): PolicyProblem => (question.strict ? { ...problem, severity: 'error' } : problem));
  const tests = results.filter(({ at }) => paths.has(at.path));
  return {
    mode: question.mode,
    set: set.from,
    digest: compiled.digest,
    files: [...paths],
    problems,
    tests,
    ok: problems.every(({ severity }) => severity !== 'error') && tests.every(({ passed }) => passed),
  };
}

function layoutProblem(source: PolicySource): PolicyProblem[] {
  const formatted = formatPolicy(source);
  if ('problem' in formatted || formatted.text === source.text) return [];
  const at = { path: source.path, line: 1, column: 1 };
  return [{ severity: 'error', code: 'layout', message: 'bit policy fmt would lay it out anew', at }];
}

/** Its package has a part that begins with `workflow`; comments may stand before the package line. */
function isAboutWorkflows({ text }: PolicySource): boolean {
  const [, name = ''] = /^[ \t]*package[ \t]+([^\s#;]+)/m.exec(text) ?? [];
  return name.split(/[.[\]"]+/).some((part) => part.startsWith('workflow'));
}

function distinct(problems: readonly PolicyProblem[]): PolicyProblem[] {
  const seen = new Map<string, PolicyProblem>();
  for (const problem of problems) {
    const { at, code, message } = problem;
    seen.set(`${at.path}:${at.line}:${at.column}:${code}:${message}`, problem);
  }
  return [...seen.values()].sort((a, b) =>
    a.at.path < b.at.path
      ? -1
      : a.at.path > b.at.path
        ? 1
        : a.at.line - b.at.line || a.at.column - b.at.column,
  );
}
