import { printable } from '../../kernel/text.ts';
import type { FailedStep, Finding, Fixer } from '../model.ts';
import { linesOf } from '../script-edit.ts';
import { bare, shellCommands } from '../shell-text.ts';
import { evidenceOf } from './evidence.ts';
import { named } from './formatter.ts';

/** Files as `git diff`, `git diff --stat` and `git status` name them. */
const CHANGED = [
  /^diff --git a\/(?<path>.{1,500}?) b\/.{1,500}$/,
  /^(?:\?\?| M|M | A|A | D|D |AM|MM) (?<path>"?[^\s"].{0,500}?"?)$/,
  /^[MAD]\t(?<path>\S.{0,500})$/,
];

/** What a generator of the tree writes was not committed with what it is made from. */
export const staleOutput: Fixer = {
  name: 'stale-output',
  title: 'what a generator writes is not what was committed',
  async detect(failure: FailedStep): Promise<readonly Finding[]> {
    if (!looksAtTree(failure.command ?? '')) return [];
    const told = new Map<string, number>();
    for (const [at, line] of linesOf(failure.log)) {
      const path = CHANGED.map((pattern) => pattern.exec(line)?.groups?.['path']).find((one) => one);
      if (path !== undefined && told.size < 500) told.set(path.replace(/^"(.*)"$/, '$1'), at);
    }
    if (told.size === 0) return [];
    const paths = [...told.keys()];
    return [
      {
        fixer: 'stale-output',
        cause: `the steps of this job make ${printable(named(paths))} otherwise than it was committed`,
        evidence: [...told.values()].slice(0, 5).map((at) => evidenceOf(failure, at)),
        confidence: 0.75,
        // what such a step asks for is a commit, which no change of files alone is
        changes: null,
        advice: `run what makes ${printable(named(paths))}, and commit it`,
      },
    ];
  },
};

/** The step asks git whether anything changed. */
function looksAtTree(script: string): boolean {
  return shellCommands(script).some(({ words }) => {
    const [program, ...rest] = words.map(bare);
    if (program !== 'git') return false;
    const verb = rest.find((word) => !word.startsWith('-'));
    const asks = (...options: string[]): boolean => rest.some((word) => options.includes(word));
    if (verb === 'diff') return asks('--exit-code', '--quiet', '--name-only', '--stat');
    return verb === 'status' && asks('--porcelain', '--short', '-s', '--porcelain=v1');
  });
}
