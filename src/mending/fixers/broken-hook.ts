import { printable } from '../../kernel/text.ts';
import type { Bench, Change, Evidence, FailedStep, Finding, Fixer } from '../model.ts';
import { linesOf } from '../script-edit.ts';
import { mendProgram } from '../shebang.ts';
import { evidenceOf, inTree } from './evidence.ts';

const NAMES =
  'applypatch-msg|pre-applypatch|post-applypatch|pre-commit|pre-merge-commit|prepare-commit-msg|commit-msg|post-commit|pre-rebase|post-checkout|post-merge|pre-push|post-rewrite|reference-transaction|push-to-checkout|sendemail-validate|fsmonitor-watchman|p4-pre-submit|post-index-change';
/** As git, husky and shells say it. */
const SAID = [
  /\bThe ['‘](?<path>[^'’\n]{1,300})['’] hook was ignored because it's not set as executable\b/,
  /\b(?:cannot (?:run|exec|spawn)|unable to (?:run|start)) ['‘]?(?<path>[^\s:'‘’]{1,300})['’]?: (?:Permission denied|No such file or directory|Exec format error)/,
  new RegExp(
    `(?:^|: )(?<path>[^\\s:'‘’]{0,300}\\b(?:${NAMES}))(?:: (?:line )?\\d{1,6})?: .{0,300}(?:not found|bad interpreter|Permission denied|required file not found)`,
  ),
  new RegExp(
    `^husky - (?<name>${NAMES}) (?:hook|script) (?:exited with|failed \\()(?: ?code)? ?(?:126|127)\\b`,
  ),
];
const HOOK = new RegExp(`(?:^|/)(?:${NAMES})$`);

/** A hook of git's that can't be run: lost run bit, first line, carriage returns. */
export const brokenHook: Fixer = {
  name: 'broken-hook',
  title: 'a hook that can not run',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const found = new Map<string, Finding>();
    for (const [at, line] of linesOf(failure.log)) {
      if (found.size >= 4) break;
      const groups = SAID.map((pattern) => pattern.exec(line)?.groups).find((one) => one !== undefined);
      const named =
        groups?.['path'] ?? (groups?.['name'] === undefined ? undefined : `.husky/${groups['name']}`);
      if (named === undefined || !HOOK.test(named)) continue;
      const path = inTree(failure, named) ?? inRoot(failure, named);
      if (path !== undefined && (await bench.mode(path)) !== undefined) {
        for (const finding of await mended(failure, bench, path, at))
          if (!found.has(finding.cause)) found.set(finding.cause, finding);
      } else if (/(?:^|\/)\.git\/hooks\//.test(named)) found.set(named, ofClone(failure, named, at));
    }
    return [...found.values()];
  },
};

/** Git names its hooks from the root of the tree, wherever it was called. */
function inRoot(failure: FailedStep, named: string): string | undefined {
  return inTree({ ...failure, workingDirectory: '.' }, named);
}

async function mended(
  failure: FailedStep,
  bench: Bench,
  path: string,
  at: number,
): Promise<readonly Finding[]> {
  const mode = await bench.mode(path);
  const content = await bench.read(path);
  if (content === undefined || mode === '120000') return [];
  const lines = await mendProgram(path, bench);
  const said = evidenceOf(failure, at);
  const found: Finding[] = lines.map(({ cause, change, evidence, confidence }) =>
    finding(`the hook can't run: ${cause}`, [said, evidence], confidence, { ...change, mode: '100755' }),
  );
  if (mode !== '100755' && lines.length === 0)
    found.push(
      finding(
        `the hook ${path} is not executable, so git passes it over`,
        [said, { file: path, line: 1, text: 'mode 100644' }],
        0.9,
        {
          ...{ path, content, mode: '100755' as const },
        },
      ),
    );
  return found;
}

function finding(cause: string, evidence: readonly Evidence[], confidence: number, change: Change): Finding {
  return {
    fixer: 'broken-hook',
    cause,
    evidence,
    confidence,
    changes: [change],
    advice: `git update-index --chmod=+x ${printable(change.path)}`,
  };
}

/** One of this clone alone: no commit mends it. */
function ofClone(failure: FailedStep, named: string, at: number): Finding {
  return {
    ...{
      fixer: 'broken-hook',
      cause: `the hook ${printable(named)} of this clone can't run`,
      confidence: 0.8,
      changes: null,
    },
    evidence: [evidenceOf(failure, at)],
    advice: 'set its run bit with: bit repair custom hooks; or see to its first line',
  };
}
