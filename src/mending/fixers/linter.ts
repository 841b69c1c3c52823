import { LINTERS, rewriterFor } from '../formatters.ts';
import { type Invocation, inFolder, invocationsOf } from '../invocation.ts';
import type { Bench, FailedStep, Finding, Fixer } from '../model.ts';
import { evidenceOf } from './evidence.ts';
import { named } from './formatter.ts';

/** Lines in which linters sum up, or name a rule at a place. */
const SUMMARIES = [
  /^✖ \d+ problems?\b/,
  /\bpotentially fixable with the\b/,
  /^Found \d+ (?:errors?|warnings?|issues?)\b/,
  /\bfixable with the `--fix` option\b/,
  /^In \S.* line \d+:$/,
  /^\s{0,8}\d+:\d+ {1,20}(?:error|warning) \S/,
  /^\S[^\n]{0,300}:\d+:\d+:? (?:lint\/|[A-Z]+\d{2,5}\b)/,
  /^\S[^\n]{0,300}:\d+:\d+ lint\/\S/,
  /^(?:warning|error): \S/,
];

/** A linter that can mend what it found. */
export const linter: Fixer = {
  name: 'linter',
  title: 'a linter found what it can put right itself',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const found: Finding[] = [];
    const done = new Set<string>();
    for (const invocation of await invocationsOf(failure, bench)) {
      const script = fixingScript(invocation);
      if (script === undefined || done.has(`${invocation.folder} ${script}`)) continue;
      done.add(`${invocation.folder} ${script}`);
      const said = summaries(failure);
      const { changes, status } = await bench.tool(inFolder(invocation.folder, script), { seconds: 180 });
      if (changes.length === 0 && said.length === 0) continue;
      const { folder } = invocation;
      const program = invocation.program === 'cargo' ? 'cargo clippy' : invocation.program;
      const fixes = changes.length > 0;
      found.push({
        fixer: 'linter',
        cause: fixes
          ? `${program} found faults in ${named(changes.map(({ path }) => path))} that it mends itself`
          : `${program} found faults that it can't mend itself`,
        evidence: said,
        confidence: fixes ? (status === 0 ? 0.9 : 0.4) : 0.6,
        changes: fixes ? changes : null,
        advice: fixes
          ? `${folder === '.' ? '' : `cd ${folder} && `}${script}`
          : `a person decides what ${program} found; nothing it can write changes it`,
      });
    }
    return found;
  },
};

function fixingScript({ program, arguments: words, again }: Invocation): string | undefined {
  const known = rewriterFor(LINTERS, program, words);
  if (known === undefined) return undefined;
  const { into } = known.rewriter;
  return into === undefined ? again(known.words) : `${again(known.words)} | ${into}`;
}

function summaries(failure: FailedStep): Finding['evidence'] {
  return failure.log
    .split('\n', 4000)
    .flatMap((line, at) =>
      line.length < 1000 && SUMMARIES.some((one) => one.test(line)) ? [evidenceOf(failure, at)] : [],
    )
    .slice(0, 6);
}
