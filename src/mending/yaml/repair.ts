import { blockRepairs } from './blocks.ts';
import type { Judge, Judgement, YamlFault } from './judge.ts';
import { type Candidate, lineRepairs } from './lines.ts';

export interface RepairedYaml {
  /** As it would run; undefined where it could not be brought to that. */
  readonly text: string | undefined;
  /** What was done, `12: quotes around run`. */
  readonly notes: readonly string[];
  /** What was wrong at first. */
  readonly faults: readonly YamlFault[];
  /** What is still wrong. */
  readonly left: readonly YamlFault[];
}

const MOST_STEPS = 25;
const MOST_TRIES = 160;
const MOST_MILLISECONDS = 15_000;
const MOST_BYTES = 64 * 1024;

/**
 * A workflow's text brought to run by small repairs, one after another. Each is kept only if the judge then finds less
 * to say: the syntax parses, fewer faults are left, or the first one stands further down.
 */
export async function repairYaml(text: string, judge: Judge): Promise<RepairedYaml> {
  const first = await judge(text);
  const notes: string[] = [];
  const started = performance.now();
  let [here, judged] = [text, first];
  for (let step = 0; step < MOST_STEPS && judged.faults.length > 0 && text.length <= MOST_BYTES; step++) {
    const better = await improve(here, judged, judge, started);
    if (better === undefined) break;
    here = better.candidate.text;
    judged = better.judged;
    notes.push(better.candidate.note);
  }
  const whole = judged.faults.length === 0 && notes.length > 0;
  return { text: whole ? here : undefined, notes, faults: first.faults, left: judged.faults };
}

interface Improved {
  readonly candidate: Candidate;
  readonly judged: Judgement;
}

async function improve(
  text: string,
  before: Judgement,
  judge: Judge,
  started: number,
): Promise<Improved | undefined> {
  const [fault] = before.faults;
  if (fault === undefined) return undefined;
  const lines = text.split('\n');
  const seen = new Set([text]);
  let best: Improved | undefined;
  for (const candidate of candidates(lines, fault)) {
    if (seen.size > MOST_TRIES || performance.now() - started > MOST_MILLISECONDS) break;
    if (seen.has(candidate.text)) continue;
    seen.add(candidate.text);
    const judged = await judge(candidate.text);
    if (judged.faults.length === 0) return { candidate, judged };
    if (isBetter(judged, best?.judged ?? before)) best = { candidate, judged };
  }
  return best;
}

function* candidates(lines: readonly string[], fault: YamlFault): Generator<Candidate> {
  yield* lineRepairs(lines, fault);
  yield* blockRepairs(lines, fault);
}

function isBetter(after: Judgement, before: Judgement): boolean {
  if (after.phase !== before.phase) return after.phase === 'meaning';
  const [one, other] = [after.faults[0]?.line ?? 0, before.faults[0]?.line ?? 0];
  if (one !== other) return one > other;
  return after.faults.length < before.faults.length;
}
