import type { Bench, Evidence, FailedStep, Finding, Fixer, PastStep } from '../model.ts';
import { editCommand, setStepKey } from '../script-edit.ts';

/** Ends that are looked at. */
const MOST_PAST = 40;
/** A step that fails oftener than this has a cause, and no bad luck. */
const MOST_FAILING = 0.8;

/** A step that fails now and then on the very same files. */
export const flakyStep: Fixer = {
  name: 'flaky-step',
  title: 'a step that fails now and then',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    if (failure.command === null && failure.uses === null) return [];
    const past = bench.history(failure.workflow.path, failure.job, failure.step).slice(0, MOST_PAST);
    const seen = bothWays(past);
    if (seen === undefined) return [];
    const { ok, failed, standing } = seen;
    if (failed / (ok + failed) > MOST_FAILING) return [];
    const evidence: Evidence[] = [
      {
        text: `at ${standing.slice(0, 10)}, with the same files, it passed ${times(ok)} and failed ${times(failed)}`,
      },
    ];
    const tries = failed / (ok + failed) > 0.4 ? 4 : 2;
    const edit =
      failure.workflow.kind === 'native'
        ? await setStepKey(failure, bench, 'step', ['retry'], String(tries))
        : await editCommand(failure, bench, (lines) => again(lines, failure, tries));
    return [
      {
        fixer: 'flaky-step',
        cause: 'the step fails now and then, with nothing changed in between',
        evidence: edit === undefined ? evidence : [...evidence, edit.place],
        confidence: Math.min(0.8, 0.4 + 0.1 * Math.min(ok, failed)),
        changes: edit === undefined ? null : [edit.change],
        advice:
          failure.workflow.kind === 'native'
            ? `retry: ${tries}; better still, find what it depends on`
            : 'try it again in the script where it fails; better still, find what it depends on',
        intermittent: true,
      },
    ];
  },
};

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** On the same files it ended both ways. */
function bothWays(
  past: readonly PastStep[],
): { readonly ok: number; readonly failed: number; readonly standing: string } | undefined {
  const by = new Map<string, { ok: number; failed: number }>();
  for (const { ok, commit } of past) {
    if (commit === null) continue;
    const counted = by.get(commit) ?? { ok: 0, failed: 0 };
    by.set(commit, counted);
    if (ok) counted.ok++;
    else counted.failed++;
  }
  const found = [...by]
    .filter(([, { ok, failed }]) => ok > 0 && failed > 0)
    .sort(([, a], [, b]) => b.ok + b.failed - a.ok - a.failed);
  const [most] = found;
  return most === undefined ? undefined : { standing: most[0], ...most[1] };
}

/** Of one simple command; what is more than that can't be tried again without doing half of it twice. */
function again(
  lines: readonly string[],
  { shell }: FailedStep,
  tries: number,
): readonly string[] | undefined {
  const [line] = lines;
  const simple =
    line !== undefined && lines.length === 1 && /^[\w./@][^|&;<>`\\]*$/.test(line) && !line.includes('$(');
  const posix = shell === null || /^(?:ba)?sh\b/.test(shell);
  if (
    !simple ||
    !posix ||
    line === undefined ||
    /^(?:cd|export|source|set|if|for|while|case|return|exit)\b/.test(line)
  )
    return undefined;
  const numbers = Array.from({ length: tries }, (_, at) => at + 1).join(' ');
  return [`for try in ${numbers}; do ${line} && exit 0; sleep "$try"; done`, line];
}
