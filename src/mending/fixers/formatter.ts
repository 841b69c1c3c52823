import { FORMATTERS, rewriterFor } from '../formatters.ts';
import { type Invocation, inFolder, invocationsOf } from '../invocation.ts';
import type { Bench, FailedStep, Finding, Fixer } from '../model.ts';
import { evidenceOf } from './evidence.ts';

/** What the formatters say of a file that is not as they would have it; gofmt only names it. */
const COMPLAINTS = [
  /^\[warn\] (?!All matched)\S/,
  /\bCode style issues? (?:found|in)\b/,
  /\bFormatter would have printed\b/,
  /\bFile content differs from formatting output\b/,
  /^Diff in \S/,
  /^[Ww]ould reformat:? \S/,
  /\bfiles? would be reformatted\b/,
  /\bImports are incorrectly sorted\b/,
  /\bshould be clang-formatted\b/,
  /\bnot formatted\b/i,
  /^[\w./-]{1,300}\.go$/,
];

/** A formatter that was only to check: the project's own formatter puts its files right. */
export const formatter: Fixer = {
  name: 'formatter',
  title: 'files are not as the project’s formatter would have them',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const found: Finding[] = [];
    const done = new Set<string>();
    for (const invocation of await invocationsOf(failure, bench)) {
      const script = writingScript(invocation);
      if (script === undefined || done.has(`${invocation.folder} ${script}`)) continue;
      done.add(`${invocation.folder} ${script}`);
      const { changes, status } = await bench.tool(inFolder(invocation.folder, script), { seconds: 120 });
      if (changes.length === 0) continue;
      const names = changes.map(({ path }) => path);
      found.push({
        fixer: 'formatter',
        cause: `${invocation.program} would have ${named(names)} otherwise`,
        evidence: [
          ...complaints(failure),
          ...names.slice(0, 10).map((file) => ({ file, text: `as ${invocation.program} writes it` })),
        ],
        confidence: status === 0 ? 0.95 : 0.5,
        changes,
        advice: `${invocation.folder === '.' ? '' : `cd ${invocation.folder} && `}${script}`,
      });
    }
    return found;
  },
};

function writingScript({ program, arguments: words, again }: Invocation): string | undefined {
  const known = rewriterFor(FORMATTERS, program, words);
  return known === undefined ? undefined : again(known.words);
}

function complaints(failure: FailedStep): Finding['evidence'] {
  return failure.log
    .split('\n', 4000)
    .flatMap((line, at) =>
      line.length < 1000 && COMPLAINTS.some((one) => one.test(line.trim())) ? [evidenceOf(failure, at)] : [],
    )
    .slice(0, 5);
}

/** `a.js`, or `a.js and 3 more`. */
export function named(paths: readonly string[]): string {
  const [first = '', ...more] = paths;
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}
