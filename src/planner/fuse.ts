import { BitError } from '../kernel/errors.ts';
import { canonicalJson, type Json, type JsonObject } from '../kernel/json.ts';
import { type JobText, pairOf, readWorkflowText, type StepText, type WorkflowText } from './text.ts';

export interface Fused {
  readonly first: string;
  readonly second: string;
  readonly id: string;
  /** Steps that both begin with. */
  readonly shared: number;
  /** The second needed the first; else they ran beside each other. */
  readonly series: boolean;
  readonly text: string;
  readonly doubts: readonly string[];
}

/** What says how a job runs and may be the same of both; any other key keeps jobs apart. */
const SAME = new Set([
  'runs-on',
  'on',
  'env',
  'defaults',
  'permissions',
  'sandbox',
  'limits',
  'container',
  'workspace',
]);
const OWN = new Set(['name', 'needs', 'steps']);

/**
 * Two jobs that begin with the same steps as one that does these once: its steps, then the first's others, then the
 * second's. Where they ran beside each other the second's steps still run when one of the first's failed, and a step of
 * the second's stops those after it as before. Undefined where that would be another thing than it was.
 */
export function fuseJobs(file: WorkflowText, firstId: string, secondId: string): Fused | undefined {
  const first = file.jobs.find(({ id }) => id === firstId);
  const second = file.jobs.find(({ id }) => id === secondId);
  if (first === undefined || second === undefined || file.fixed !== undefined) return undefined;
  if (![first, second].every(isPlain) || !runAlike(first, second)) return undefined;
  const shared = sharedSteps(first, second);
  const series = second.needs.length === 1 && second.needs[0] === firstId;
  if (shared === 0 || !mayJoin(file, first, second, series)) return undefined;
  const rests = { first: first.steps.slice(shared), second: second.steps.slice(shared) };
  if (clash(file, first, rests)) return undefined;
  const id = `${firstId}-${secondId}`;
  if (id.length > 100 || file.jobs.some((job) => job.id === id)) return undefined;
  try {
    return build(file, { first, second, shared, series, id });
  } catch (error) {
    if (error instanceof BitError) return undefined;
    throw error;
  }
}

function isPlain({ value, steps }: JobText): boolean {
  const listed = Array.isArray(value['steps']) ? value['steps'].length : 0;
  return (
    listed > 0 &&
    listed === steps.length &&
    Object.keys(value).every((key) => OWN.has(key) || SAME.has(key)) &&
    steps.every(({ value: step }) => step['if'] === undefined && step['continue-on-error'] === undefined)
  );
}

function runAlike({ value: one }: JobText, { value: other }: JobText): boolean {
  const bare = (value: JsonObject): string =>
    canonicalJson(Object.fromEntries(Object.entries(value).filter(([key]) => SAME.has(key))));
  return bare(one) === bare(other);
}

export function sharedSteps(one: JobText, other: JobText): number {
  let shared = 0;
  const [mine, theirs] = [one.steps, other.steps];
  while (
    shared < Math.min(mine.length, theirs.length) &&
    canonicalJson(mine[shared]?.value ?? null) === canonicalJson(theirs[shared]?.value ?? null)
  )
    shared++;
  return shared;
}

/** Whoever waits for one must wait for both, and nobody may ask how one of them went. */
function mayJoin(file: WorkflowText, first: JobText, second: JobText, series: boolean): boolean {
  const needing = (id: string): readonly string[] =>
    file.jobs.filter(({ needs }) => needs.includes(id)).map((job) => job.id);
  const [afterFirst, afterSecond] = [needing(first.id), needing(second.id)];
  const waiting = series
    ? afterFirst.every((id) => id === second.id || afterSecond.includes(id))
    : canonicalJson([...first.needs].sort()) === canonicalJson([...second.needs].sort()) &&
      canonicalJson(afterFirst) === canonicalJson(afterSecond);
  const asked = [first, second].some(({ id }) => {
    const name = id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`\\b(?:needs|jobs)\\s*(?:\\.\\s*${name}\\b|\\[\\s*['"]${name}['"])`).test(file.text);
  });
  // a step nobody named is counted by its place
  return waiting && !asked && !/\bsteps\s*\.\s*_\d/.test(file.text);
}

/** What a step leaves in the job would meet the other's steps. */
const LEAVES = /\b(?:GITHUB|BIT)_(?:ENV|PATH)\b|::(?:set-env|add-path)/;
const BACKGROUND = /(?:^|[^&>|])&\s*(?:$|[^&>\d])/m;

function clash(
  file: WorkflowText,
  first: JobText,
  { first: mine, second: theirs }: Readonly<Record<'first' | 'second', readonly StepText[]>>,
): boolean {
  const named = (steps: readonly StepText[]): string[] =>
    steps.flatMap(({ value }) => (typeof value['id'] === 'string' ? [value['id']] : []));
  const taken = new Set(named(first.steps));
  if (named(theirs).some((id) => taken.has(id))) return true;
  const stored = (steps: readonly StepText[]): string[] => steps.flatMap(({ value }) => artifactOf(value));
  if (stored(mine).some((name) => stored(theirs).includes(name))) return true;
  return mine.some(({ from, to }) => {
    const text = file.text.slice(from, to);
    return LEAVES.test(text) || BACKGROUND.test(text);
  });
}

function artifactOf(step: JsonObject): string[] {
  if (!/upload-artifact/.test(String(step['uses'] ?? ''))) return [];
  const given = step['with'];
  const name = typeof given === 'object' && given !== null ? (given as JsonObject)['name'] : undefined;
  return [String(name ?? 'artifact')];
}

interface Parts {
  readonly first: JobText;
  readonly second: JobText;
  readonly shared: number;
  readonly series: boolean;
  readonly id: string;
}

function build(file: WorkflowText, parts: Parts): Fused | undefined {
  const { first, second, shared, series, id } = parts;
  const ids = new Set(file.jobs.flatMap(({ steps }) => steps.map(({ value }) => String(value['id'] ?? ''))));
  const fresh = (wanted: string): string => {
    let name = wanted;
    for (let nth = 2; ids.has(name); nth++) name = `${wanted}-${nth}`;
    ids.add(name);
    return name;
  };
  const expected: Json[] = first.steps.map(({ value }) => value);
  const edits: Edit[] = [];
  let before = '';
  if (!series) {
    const last = first.steps[shared - 1] as StepText;
    before = typeof last.value['id'] === 'string' ? last.value['id'] : fresh('ready');
    if (last.value['id'] === undefined) {
      expected[shared - 1] = { ...last.value, id: before };
      edits.push(...keysBefore(file, last, [`id: ${before}`]));
    }
  }
  const rest = second.steps.slice(shared).map((step, at) => {
    if (series) {
      expected.push(step.value);
      return file.text.slice(step.from, step.to);
    }
    const own = typeof step.value['id'] === 'string' ? step.value['id'] : undefined;
    const name = own ?? fresh(`${second.id}-${at + 1}`);
    const condition = `\${{ !cancelled() && steps.${before}.conclusion == 'success' }}`;
    const added = [...(own === undefined ? [`id: ${name}`] : []), `if: ${condition}`];
    before = name;
    expected.push({ ...step.value, id: name, if: condition });
    const block = file.text.slice(step.from, step.to);
    return applied(block, keysBefore(file, step, added), step.from);
  });
  const [from, to] = [columnOf(file, first.steps[0]), columnOf(file, second.steps[0])];
  const end = first.steps.at(-1)?.to ?? first.to;
  const tail = file.text.slice(0, end).endsWith('\n') ? '' : '\n';
  edits.push({
    from: end,
    to: end,
    text: tail + rest.map((block) => shifted(ended(block), from - to)).join(''),
  });
  edits.push(...renamed(file, first, id), ...withoutJob(file, second));
  for (const job of file.jobs) {
    if (job.id === first.id || job.id === second.id) continue;
    const edit = needsOf(file, job, first.id, second.id, id);
    if (edit === null) return undefined;
    if (edit !== undefined) edits.push(edit);
  }
  const text = applied(file.text, edits, 0);
  const again = readWorkflowText(file.path, file.kind, text);
  if (canonicalJson(again.value) !== canonicalJson(wanted(file, parts, expected))) return undefined;
  return { first: first.id, second: second.id, id, shared, series, text, doubts: doubtsOf(file, parts) };
}

/** What the file must say afterwards. */
function wanted(file: WorkflowText, { first, second, id }: Parts, steps: readonly Json[]): JsonObject {
  const jobs = file.jobs.flatMap(({ id: job, value, needs }): [string, Json][] => {
    if (job === second.id) return [];
    if (job === first.id) return [[id, { ...first.value, steps }]];
    if (!needs.includes(first.id) && !needs.includes(second.id)) return [[job, value]];
    return [[job, { ...value, needs: joined(needs, first.id, second.id, id) }]];
  });
  return { ...file.value, jobs: Object.fromEntries(jobs) };
}

function joined(needs: readonly string[], first: string, second: string, id: string): string[] {
  return [...new Set(needs.map((need) => (need === first || need === second ? id : need)))];
}

function doubtsOf({ kind }: WorkflowText, { first, second }: Parts): readonly string[] {
  if (kind === 'github')
    return [
      `steps of ${second.id} find what ${first.id} left in the work tree; before, they had a fresh checkout`,
      `checks of that name (${first.id}, ${second.id}) are one now: required checks have to be told`,
    ];
  if (first.value['workspace'] === 'own')
    return [`steps of ${second.id} find what ${first.id} left in its copy of the work tree`];
  return [];
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function applied(text: string, edits: readonly Edit[], base: number): string {
  let made = '';
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.from - b.from || a.to - b.to)) {
    made += text.slice(at, edit.from - base) + edit.text;
    at = edit.to - base;
  }
  return made + text.slice(at);
}

/** Keys put before a step's first one. */
function keysBefore({ text }: WorkflowText, { node }: StepText, keys: readonly string[]): Edit[] {
  const at = (node.items[0]?.key as { range?: [number, number, number] } | undefined)?.range?.[0];
  if (at === undefined) throw new BitError('usage', 'a step without keys');
  const indent = ' '.repeat(at - (text.lastIndexOf('\n', at - 1) + 1));
  return [{ from: at, to: at, text: keys.map((key) => `${key}\n${indent}`).join('') }];
}

function columnOf({ text }: WorkflowText, step: StepText | undefined): number {
  if (step === undefined) return 0;
  const dash = text.indexOf(
    '- ',
    step.node.range?.[0] === undefined ? step.from : lineOf(text, step.node.range[0]),
  );
  return dash - (text.lastIndexOf('\n', dash - 1) + 1);
}

function lineOf(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function shifted(block: string, by: number): string {
  if (by === 0) return block;
  return block.replace(/^( *)(?=[^\n ])/gm, (_, spaces: string) =>
    ' '.repeat(Math.max(0, spaces.length + by)),
  );
}

function ended(block: string): string {
  return block.endsWith('\n') ? block : `${block}\n`;
}

function renamed({ document, text }: WorkflowText, job: JobText, id: string): Edit[] {
  const key = pairOf(document, pairOf(document, document.root, 'jobs')?.value, job.id)?.key;
  const [from, to] = key?.range ?? [];
  if (from === undefined || to === undefined || text.slice(from, to) !== job.id)
    throw new BitError('usage', `the name of ${job.id} is written in a way that is left as it is`);
  return [{ from, to, text: id }];
}

/** With the blank lines after it. */
function withoutJob({ text }: WorkflowText, { from, to }: JobText): Edit[] {
  const blank = /^(?:[ \t]*\r?\n)*/.exec(text.slice(to))?.[0].length ?? 0;
  return [{ from, to: to + blank, text: '' }];
}

/** Undefined where it needs neither; null where it is written in a way that is left as it is. */
function needsOf(
  { document }: WorkflowText,
  job: JobText,
  first: string,
  second: string,
  id: string,
): Edit | undefined | null {
  if (!job.needs.includes(first) && !job.needs.includes(second)) return undefined;
  const jobs = pairOf(document, document.root, 'jobs')?.value;
  const node = pairOf(document, pairOf(document, jobs, job.id)?.value, 'needs')?.value;
  const [from, to] = node?.range ?? [];
  if (from === undefined || to === undefined) return null;
  const block = document.library.isSeq(node) && node.flow !== true;
  // a list over several lines ends with the line feed of its last
  const made = joined(job.needs, first, second, id).join(', ');
  if (block) return null;
  return { from, to, text: `[${made}]` };
}
