import type { Bench, Evidence, FailedStep, Finding, Fixer } from '../model.ts';
import { editCommand, setStepKey } from '../script-edit.ts';
import { WorkflowText } from '../workflow-text.ts';
import { evidenceOf } from './evidence.ts';

const MINUTE = 60_000;
const MOST_MINUTES = 360;
/** What `timeout` ends a command with. */
const ENDED = 124;

/** A time that is over before the step usually is. */
export const timeoutTooShort: Fixer = {
  name: 'timeout-too-short',
  title: 'a time limit that is too short',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const past = bench.history(failure.workflow.path, failure.job, failure.step);
    const passed = past.filter(({ ok }) => ok).map(({ milliseconds }) => milliseconds);
    if (failure.timedOut) return byLimit(failure, bench, passed);
    return failure.exit === ENDED ? byCommand(failure, bench, passed) : [];
  },
};

/** Twice what it took at most when it passed; where it never did, three times what it was given. */
function enough(passed: readonly number[], given: number): number {
  return Math.max(2 * Math.max(0, ...passed), 1.5 * given, passed.length === 0 ? 3 * given : 0);
}

function sure(passed: readonly number[], given: number): number {
  // it came near its limit before
  return passed.length === 0 ? 0.5 : Math.max(...passed) > given / 2 ? 0.85 : 0.35;
}

function pastEvidence(passed: readonly number[]): readonly Evidence[] {
  if (passed.length === 0) return [{ text: 'it has not passed here yet' }];
  return [
    {
      text: `it passed ${passed.length} ${passed.length === 1 ? 'time' : 'times'}, the longest in ${seconds(Math.max(...passed))}`,
    },
  ];
}

const seconds = (milliseconds: number): string => `${Number((milliseconds / 1000).toPrecision(3))} s`;

async function byLimit(
  failure: FailedStep,
  bench: Bench,
  passed: readonly number[],
): Promise<readonly Finding[]> {
  const workflow = await WorkflowText.read(failure.workflow.path, bench);
  const found = workflow?.find(failure);
  if (workflow === undefined || found === undefined) return [];
  for (const [owner, node] of [
    ['step', found.step],
    ['job', found.job],
  ] as const) {
    const scalar = workflow.scalar(workflow.at(node, 'timeout-minutes'));
    const given = Number(scalar?.value) * MINUTE;
    if (scalar === undefined || !(given > 0)) continue;
    // of a job the time is that of all its steps; a step that has a limit of its own was ended by that
    const minutes = Math.min(MOST_MINUTES, rounded(enough(passed, given) / MINUTE));
    const edit = await setStepKey(failure, bench, owner, ['timeout-minutes'], String(minutes));
    if (edit === undefined) continue;
    return [
      {
        fixer: 'timeout-too-short',
        cause: `the ${owner} is given ${seconds(given)}, and needs more`,
        evidence: [
          {
            file: workflow.path,
            line: workflow.line(scalar),
            text: `timeout-minutes: ${String(scalar.value)}`,
          },
          { text: `it was ended after ${seconds(failure.milliseconds)}` },
          ...pastEvidence(passed),
        ],
        confidence: sure(passed, given),
        changes: [edit.change],
        advice: `timeout-minutes: ${minutes}`,
      },
    ];
  }
  return [];
}

/** Whole minutes, and of less than one to a hundredth. */
function rounded(minutes: number): number {
  return minutes >= 1 ? Math.ceil(minutes) : Math.ceil(minutes * 100) / 100;
}

/** `timeout 5 npm test`. */
const TIMEOUT =
  /\btimeout((?:\s+(?:-k\s*\S{1,20}|-s\s*\S{1,20}|--[a-z-]{1,30}(?:=\S{1,20})?|-[a-z]{1,4})){0,4})\s+(\d{1,7}(?:\.\d{1,3})?)([smh]?)(?=\s)/;
const UNITS: Readonly<Record<string, number>> = { '': 1000, s: 1000, m: MINUTE, h: 60 * MINUTE };

async function byCommand(
  failure: FailedStep,
  bench: Bench,
  passed: readonly number[],
): Promise<readonly Finding[]> {
  let given = 0;
  let put = '';
  const edit = await editCommand(failure, bench, (lines) =>
    lines.map((line) =>
      line.replace(TIMEOUT, (_all, options: string, number: string, unit: string) => {
        given = Number(number) * (UNITS[unit] ?? 1000);
        put = `${Math.ceil(enough(passed, given) / (UNITS[unit] ?? 1000))}${unit}`;
        return `timeout${options} ${put}`;
      }),
    ),
  );
  // something else may end with that status
  if (edit === undefined || failure.milliseconds < 0.8 * given) return [];
  const last = failure.log.trimEnd().split('\n').length - 1;
  return [
    {
      fixer: 'timeout-too-short',
      cause: `the command is given ${seconds(given)} by timeout, and needs more`,
      evidence: [edit.place, evidenceOf(failure, last), ...pastEvidence(passed)],
      confidence: sure(passed, given),
      changes: [edit.change],
      advice: `timeout ${put}`,
    },
  ];
}
