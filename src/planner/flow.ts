import type { Scalar } from 'yaml';
import { BitError } from '../kernel/errors.ts';
import { canonicalJson, type Json, type JsonObject } from '../kernel/json.ts';
import type { StepPlan } from '../orchestration/index.ts';
import { parseYaml, SPECIFICATION, type YamlDocument } from '../specification/index.ts';
import type { WorkflowHistory } from './history.ts';
import { simulate, type TimedJob } from './simulate.ts';
import { pairOf, type WorkflowText } from './text.ts';
import { timeable } from './timeable.ts';
import { timed } from './timing.ts';

/** A flow with the jobs of what it calls, as the engine runs them: one graph, one line for slots. */
export interface FlowTiming {
  readonly jobs: readonly TimedJob[];
  readonly unmeasured: readonly string[];
  /** Of each step with several workflows at once: which jobs belong to which of them, in their order. */
  readonly together: readonly { readonly step: number; readonly parts: readonly (readonly string[])[] }[];
}

/**
 * A flow's steps and what they call, timed. Each step waits for all of the one before; of its workflows those in series
 * come first.
 */
export function timeFlow(
  name: string,
  steps: readonly StepPlan[],
  workflow: (path: string) => WorkflowText | undefined,
  history: ReadonlyMap<string, WorkflowHistory>,
): FlowTiming {
  const own = history.get(`${SPECIFICATION}#${name}`);
  const jobs: TimedJob[] = [];
  const unmeasured: string[] = [];
  const together: { step: number; parts: (readonly string[])[] }[] = [];
  let before: readonly string[] = [];
  const single = (id: string, needs: readonly string[]): readonly string[] => {
    const made = timed([{ id, needs, calls: false, lanes: undefined }], own);
    // a gate, a barrier or an action nobody measured is short beside what it lets through
    const instances = made.unmeasured.length > 0 ? [0] : (made.jobs[0]?.instances ?? [0]);
    jobs.push({ id, needs, instances, lanes: 1, slot: true });
    return [id];
  };
  for (const step of steps.filter(({ runs }) => runs)) {
    if (step.kind !== 'workflows') {
      before = single(`step-${step.number}`, before);
      continue;
    }
    const ordered = ['series', 'parallel'].flatMap((mode) =>
      step.workflows.filter((one) => one.mode === mode),
    );
    const parts: (readonly string[])[] = [];
    let ends: readonly string[] = [];
    for (const [at, { path, mode, runs }] of ordered.entries()) {
      const text = path === null || !runs ? undefined : workflow(path);
      if (text === undefined || path === null) continue;
      const prefix = `step-${step.number}-${at + 1}/`;
      const made = timed(text.jobs.map(timeable), history.get(path));
      for (const job of made.jobs) {
        const needs = job.needs.length === 0 ? before : job.needs.map((need) => prefix + need);
        jobs.push({ ...job, id: prefix + job.id, needs });
      }
      unmeasured.push(...made.unmeasured.map((id) => prefix + id));
      const ids = made.jobs.map(({ id }) => prefix + id);
      if (mode === 'series') before = ids;
      else {
        parts.push(ids);
        ends = [...ends, ...ids];
      }
    }
    if (parts.length > 1) together.push({ step: step.number, parts });
    if (ends.length > 0) before = ends;
  }
  return { jobs, unmeasured, together };
}

/** In which order the workflows that a step starts at once should stand, by their places; undefined as they do. */
export function orderTogether(
  { jobs }: FlowTiming,
  parts: readonly (readonly string[])[],
  slots: number,
): { readonly order: readonly number[]; readonly makespan: number; readonly written: number } | undefined {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const members = new Set(parts.flat());
  const first = jobs.findIndex(({ id }) => members.has(id));
  const others = jobs.filter(({ id }) => !members.has(id));
  const arranged = (order: readonly number[]): TimedJob[] =>
    others.toSpliced(
      first,
      0,
      ...order.flatMap((at) => (parts[at] ?? []).map((id) => byId.get(id) as TimedJob)),
    );
  const asWritten = parts.map((_, at) => at);
  const span = (order: readonly number[]): number => simulate(arranged(order), slots).makespan;
  const written = span(asWritten);
  const total = (at: number): number =>
    (parts[at] ?? []).reduce(
      (sum, id) => sum + (byId.get(id)?.instances ?? []).reduce((all, one) => all + one, 0),
      0,
    );
  let best = { order: asWritten, makespan: written };
  const tryOut = (order: number[]): boolean => {
    const makespan = span(order);
    if (makespan >= best.makespan - 1e-6) return false;
    best = { order, makespan };
    return true;
  };
  tryOut(asWritten.toSorted((a, b) => total(b) - total(a)));
  for (let improved = true, turns = 0; improved && turns < 20; turns++) {
    improved = false;
    for (let from = 0; from < parts.length; from++)
      for (let to = 0; to < parts.length; to++) {
        const moved = best.order[from];
        if (from === to || moved === undefined) continue;
        improved ||= tryOut(best.order.toSpliced(from, 1).toSpliced(to, 0, moved));
      }
  }
  return written - best.makespan < 0.005 * written ? undefined : { ...best, written };
}

/** `.bithub.yml` with a `parallel` list in another order; undefined where it is written in a way that is left alone. */
export function reorderParallel(
  text: string,
  flow: string,
  step: number,
  order: readonly number[],
): string | undefined {
  const document = parseYaml(SPECIFICATION, text);
  const items = parallelOf(document, flow, step);
  if (items === undefined || items.length !== order.length) return undefined;
  let made = '';
  let at = 0;
  for (const [place, item] of items.entries()) {
    const other = items[order[place] ?? -1];
    const [from, to] = item.range ?? [];
    const [otherFrom, otherTo] = other?.range ?? [];
    if (from === undefined || to === undefined || otherFrom === undefined || otherTo === undefined)
      return undefined;
    made += text.slice(at, from) + text.slice(otherFrom, otherTo);
    at = to;
  }
  made += text.slice(at);
  try {
    const again = parallelOf(parseYaml(SPECIFICATION, made), flow, step)?.map(({ value }) => value);
    const wanted = order.map((place) => items[place]?.value);
    const rest = (whole: string): string => withoutList(parseYaml(SPECIFICATION, whole), whole, flow, step);
    return JSON.stringify(again) === JSON.stringify(wanted) && rest(made) === rest(text) ? made : undefined;
  } catch (error) {
    if (error instanceof BitError) return undefined;
    throw error;
  }
}

function parallelOf(document: YamlDocument, flow: string, step: number): Scalar[] | undefined {
  const { isSeq, isScalar } = document.library;
  const flows = pairOf(document, pairOf(document, document.root, 'orchestration')?.value, 'flows')?.value;
  if (!isSeq(flows)) return undefined;
  const own = flows.items.find((item) => {
    const name = pairOf(document, item, 'name')?.value;
    return isScalar(name) && name.value === flow;
  });
  const sequence = pairOf(document, own, 'sequence')?.value;
  const item = isSeq(sequence) ? sequence.items[step - 1] : undefined;
  const list = pairOf(document, pairOf(document, item, 'workflows')?.value, 'parallel')?.value;
  if (!isSeq(list) || !list.items.every((one) => isScalar(one) && one.anchor === undefined)) return undefined;
  return list.items as Scalar[];
}

/** All the file says but that list. */
function withoutList(document: YamlDocument, text: string, flow: string, step: number): string {
  const value = document.library.parse(text, { merge: true, uniqueKeys: false }) as JsonObject;
  const flows = (value['orchestration'] as JsonObject)['flows'] as readonly JsonObject[];
  const emptied = flows.map((one): Json => {
    if (one['name'] !== flow) return one;
    const sequence = (one['sequence'] as readonly JsonObject[]).map((item, at): Json => {
      if (at !== step - 1) return item;
      return { ...item, workflows: { ...(item['workflows'] as JsonObject), parallel: [] } };
    });
    return { ...one, sequence };
  });
  return canonicalJson({
    ...value,
    orchestration: { ...(value['orchestration'] as JsonObject), flows: emptied },
  });
}
