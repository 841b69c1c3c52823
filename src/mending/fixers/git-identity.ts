import type { Bench, FailedStep, Finding, Fixer } from '../model.ts';
import { linesOf, setStepKeys } from '../script-edit.ts';
import { evidenceOf } from './evidence.ts';

const UNKNOWN =
  /^(?:fatal: )?(?:(?:Author|Committer) identity unknown|\*\*\* Please tell me who you are\.|(?:empty ident name|unable to auto-detect email address|no (?:email|name) was given and auto-detection is disabled)\b)/;
const NAME = 'CI';
/** No address of anybody: RFC 2606 keeps `.invalid` for that. */
const ADDRESS = 'ci@localhost.invalid';

/** A commit on a machine that has no user. */
export const gitIdentity: Fixer = {
  name: 'git-identity',
  title: 'a commit is made where git knows nobody',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const at = linesOf(failure.log).find(([, line]) => UNKNOWN.test(line.trim()))?.[0];
    if (at === undefined) return [];
    const values = new Map(
      ['AUTHOR', 'COMMITTER'].flatMap((role) => [
        [`GIT_${role}_NAME`, NAME] as const,
        [`GIT_${role}_EMAIL`, ADDRESS] as const,
      ]),
    );
    const edit = await setStepKeys(failure, bench, 'env', values);
    return [
      {
        fixer: 'git-identity',
        cause: 'the step makes a commit, and git does not know who it is',
        evidence: [evidenceOf(failure, at)],
        confidence: 0.85,
        changes: edit === undefined ? null : [edit],
        advice: `env: { ${[...values.keys()].join(', ')} }`,
      },
    ];
  },
};
