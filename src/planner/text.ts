import type { Node, Pair, Scalar, YAMLMap } from 'yaml';
import { BitError } from '../kernel/errors.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { parseYaml, type YamlDocument } from '../specification/index.ts';

/** A step or job as it stands in the file: whole lines, with the comments right above. */
export interface Block {
  /** Offsets of its first character, and past its last line feed. */
  readonly from: number;
  readonly to: number;
}

export interface StepText extends Block {
  readonly value: JsonObject;
  readonly node: YAMLMap;
}

export interface JobText extends Block {
  readonly id: string;
  readonly needs: readonly string[];
  readonly value: JsonObject;
  readonly steps: readonly StepText[];
}

/** A workflow file of either kind: its jobs and steps, and where they stand. */
export interface WorkflowText {
  readonly path: string;
  readonly kind: 'native' | 'github';
  readonly text: string;
  readonly document: YamlDocument;
  /** The whole of it. */
  readonly value: JsonObject;
  readonly jobs: readonly JobText[];
  /** Why lines of it can't be moved about; undefined where they can. */
  readonly fixed?: string;
}

/**
 * Reads a workflow as text that can be changed in place.
 *
 * @throws BitError `usage` for what is no YAML or has no jobs
 */
export function readWorkflowText(path: string, kind: WorkflowText['kind'], text: string): WorkflowText {
  const document = parseYaml(path, text);
  const value: unknown = plainOf(document, text);
  const jobs = isJsonObject(value) ? value['jobs'] : undefined;
  const node = pairOf(document, document.root, 'jobs')?.value;
  if (!isJsonObject(value) || !isJsonObject(jobs) || !document.library.isMap(node))
    throw new BitError('usage', `${path} has no jobs`, { details: { file: path } });
  const fixed = fixedWhy(document, node, text);
  const pairs = node.items as Pair<Node, Node | null>[];
  const last = endOf(document, text);
  const blocks = blocksOf(
    text,
    pairs.map(({ key }) => key?.range?.[0] ?? 0),
    last,
  );
  return {
    path,
    kind,
    text,
    document,
    value,
    jobs: pairs.map((pair, at) => {
      const id = String(scalarOf(document, pair.key)?.value ?? '');
      const own = jobs[id];
      const job = isJsonObject(own) ? own : {};
      const block = blocks[at] ?? { from: 0, to: 0 };
      return {
        ...block,
        id,
        value: job,
        needs: [job['needs'] ?? []].flat().map(String),
        steps: fixed === undefined ? stepsOf(document, text, pair.value, job, block.to) : [],
      };
    }),
    ...(fixed === undefined ? {} : { fixed }),
  };
}

/** The values alone; what an alias stands for stands in its place. */
function plainOf(document: YamlDocument, text: string): unknown {
  return document.library.parse(text, {
    merge: true,
    uniqueKeys: false,
    maxAliasCount: 100,
    logLevel: 'silent',
  });
}

function fixedWhy({ library }: YamlDocument, jobs: YAMLMap, text: string): string | undefined {
  if (jobs.flow === true) return 'its jobs are written in braces';
  let why: string | undefined;
  library.visit(jobs, {
    Alias: () => {
      why = 'its jobs share values by anchors';
      return library.visit.BREAK;
    },
    Map: (_, { flow }) => (flow === true ? library.visit.SKIP : undefined),
  });
  if (text.includes('\t')) why ??= 'it is laid out with tabs';
  return why;
}

/** Past the last line that belongs to the jobs: the next key's comments are its own. */
function endOf(document: YamlDocument, text: string): number {
  const items = document.library.isMap(document.root)
    ? (document.root.items as Pair<Node, Node | null>[])
    : [];
  const at = items.findIndex(({ key }) => scalarOf(document, key)?.value === 'jobs');
  const next = items[at + 1]?.key?.range?.[0];
  return next === undefined ? text.length : (blocksOf(text, [next], text.length)[0]?.from ?? text.length);
}

/**
 * Each from its first line, with the comments right above it that are indented as it is, to its last that is not blank.
 * Comments that stand further left before the end belong to what follows.
 */
function blocksOf(text: string, starts: readonly number[], end: number): Block[] {
  const froms = starts.map((start) => {
    let from = text.lastIndexOf('\n', start - 1) + 1;
    const indent = indentOf(text, from);
    for (;;) {
      if (from === 0) break;
      const above = text.lastIndexOf('\n', from - 2) + 1;
      const line = text.slice(above, from);
      if (!/^\s*#/.test(line) || indentOf(text, above) !== indent) break;
      from = above;
    }
    return from;
  });
  return froms.map((from, at) => {
    const limit = froms[at + 1] ?? end;
    const indent = indentOf(text, from);
    let to = limit;
    for (;;) {
      const above = text.lastIndexOf('\n', to - 2) + 1;
      if (above <= from) break;
      const line = text.slice(above, to);
      const outside = /^\s*#/.test(line) && indentOf(text, above) < indent;
      if (line.trim() !== '' && !outside) break;
      to = above;
    }
    return { from, to };
  });
}

function indentOf(text: string, from: number): number {
  return /^ */.exec(text.slice(from, from + 200))?.[0].length ?? 0;
}

function stepsOf(
  document: YamlDocument,
  text: string,
  job: Node | null,
  value: JsonObject,
  end: number,
): StepText[] {
  const node = pairOf(document, job, 'steps')?.value;
  const values = Array.isArray(value['steps']) ? (value['steps'] as readonly Json[]) : [];
  const { isSeq, isMap } = document.library;
  if (!isSeq(node) || node.flow === true || !node.items.every((item) => isMap(item))) return [];
  const items = node.items as YAMLMap[];
  const next = nextKeyAfter(document, job, node) ?? end;
  const blocks = blocksOf(
    text,
    items.map((item) => item.range?.[0] ?? 0),
    next,
  );
  return items.map((item, at) => ({
    ...(blocks[at] ?? { from: 0, to: 0 }),
    node: item,
    value: (isJsonObject(values[at]) ? values[at] : {}) as JsonObject,
  }));
}

/** Where the key that stands after the steps begins, with its comments. */
function nextKeyAfter(document: YamlDocument, job: Node | null, steps: Node): number | undefined {
  if (!document.library.isMap(job)) return undefined;
  const items = job.items as Pair<Node, Node | null>[];
  const at = items.findIndex(({ value }) => value === steps);
  const key = items[at + 1]?.key?.range?.[0];
  return key;
}

function scalarOf({ library }: YamlDocument, node: unknown): Scalar | undefined {
  return library.isScalar(node) ? node : undefined;
}

/** Of a map, by the name of its key. */
export function pairOf(
  document: YamlDocument,
  node: unknown,
  key: string,
): Pair<Node, Node | null> | undefined {
  if (!document.library.isMap(node)) return undefined;
  const items = node.items as Pair<Node, Node | null>[];
  return items.find((pair) => scalarOf(document, pair.key)?.value === key);
}

/** Whether two texts say the same but for the order of what has names. */
export function saysTheSame(one: WorkflowText, other: WorkflowText): boolean {
  return canonicalJson(one.value) === canonicalJson(other.value);
}
