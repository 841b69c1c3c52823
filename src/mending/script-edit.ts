import type { Scalar, YAMLMap } from 'yaml';
import { cleanPath, inTree } from './fixers/evidence.ts';
import type { Bench, Change, Evidence, FailedStep } from './model.ts';
import { WorkflowText } from './workflow-text.ts';

/** A line that a shell complains of: of the step's own script, or of a script of the tree. */
export interface ScriptPlace {
  /** Undefined: the step's own script. */
  readonly path: string | undefined;
  /** 1 the first; undefined where the shell doesn't say. */
  readonly line: number | undefined;
  /** What it complains of, without where. */
  readonly says: string;
  /** The whole line. */
  readonly whole: string;
}

const LONGEST = 2000;
const COMPLAINT = /^(?<where>[^\s:][^:]{0,300}): (?:line )?(?<line>\d{1,6}): (?<says>.{1,1500})$/;
/** What the engine, and GitHub's runner, call the file of a step's script. */
const OWN = [
  /(?:^|\/)bit-run-[^/]{1,80}\/.{0,300}\/script(?:\.[a-z0-9]{1,8})?$/,
  /\/_temp\/[0-9a-f-]{36}\.sh$/,
];

/** Complaints of shells in a log, with their lines in it, 0 the first. */
export async function complaintsOf(
  failure: FailedStep,
  bench: Bench,
  wanted: RegExp,
): Promise<readonly (ScriptPlace & { readonly at: number })[]> {
  const found: (ScriptPlace & { readonly at: number })[] = [];
  for (const [at, line] of linesOf(failure.log)) {
    if (!wanted.test(line)) continue;
    const { where, line: number, says } = COMPLAINT.exec(line)?.groups ?? {};
    if (where === undefined || says === undefined) {
      const rest = /^(?:\/?[\w./-]{1,100}: )?(?<says>.{1,1500})$/.exec(line)?.groups?.['says'] ?? line;
      found.push({ at, path: undefined, line: undefined, says: rest, whole: line });
    } else if (OWN.some((pattern) => pattern.test(where))) {
      found.push({ at, path: undefined, line: Number(number), says, whole: line });
    } else {
      const path = inTree(failure, where);
      const known = path !== undefined && (await bench.mode(path)) !== undefined;
      found.push({
        at,
        path: known ? path : undefined,
        line: known ? Number(number) : undefined,
        says,
        whole: line,
      });
    }
    if (found.length >= 50) break;
  }
  return found;
}

/** Lines of a log that a fixer looks at: the last few thousand, none overlong. */
export function linesOf(log: string): readonly (readonly [number, string])[] {
  const all = log.split('\n');
  const from = Math.max(0, all.length - 5000);
  return all
    .slice(from)
    .flatMap((line, at) => (line === '' || line.length > LONGEST ? [] : [[from + at, line] as const]));
}

/** A step's `run` made another; undefined where that can't be done without changing anything else. */
export async function editCommand(
  failure: FailedStep,
  bench: Bench,
  change: (lines: readonly string[]) => readonly string[] | undefined,
): Promise<{ readonly change: Change; readonly place: Evidence } | undefined> {
  const workflow = await WorkflowText.read(failure.workflow.path, bench);
  const step = workflow?.find(failure)?.step;
  if (workflow === undefined || step === undefined) return undefined;
  const scalar = workflow.scalar(workflow.at(step, 'run'));
  if (scalar === undefined || scalar.anchor !== undefined) return undefined;
  const old = String(scalar.value ?? '');
  const lines = change(old.replace(/\n+$/, '').split('\n'));
  if (lines === undefined) return undefined;
  const wanted = lines.join('\n');
  if (wanted === old.replace(/\n+$/, '')) return undefined;
  const text = rewritten(workflow, step, scalar, wanted);
  if (text === undefined) return undefined;
  const after = WorkflowText.of(workflow.path, text);
  const now = after?.textAt(after.find({ ...failure, command: wanted })?.step, 'run');
  if (now?.trim() !== wanted.trim()) return undefined;
  const line = workflow.line(scalar);
  return {
    change: { path: workflow.path, content: Buffer.from(text) },
    place: { file: workflow.path, line, text: old.trim().split('\n')[0] ?? '' },
  };
}

function rewritten(
  workflow: WorkflowText,
  step: YAMLMap,
  scalar: Scalar,
  wanted: string,
): string | undefined {
  const [from, to] = scalar.range ?? [];
  if (from === undefined || to === undefined) return undefined;
  const source = workflow.text.slice(from, to);
  const put = (text: string): string => workflow.text.slice(0, from) + text + workflow.text.slice(to);
  if (source.startsWith('|') || source.startsWith('>')) {
    const end = source.indexOf('\n');
    const body = end < 0 ? '' : source.slice(end + 1);
    const indent = /^( +)\S/m.exec(body)?.[1];
    if (end < 0 || indent === undefined) return undefined;
    const header = source.slice(0, end).replace('>', '|');
    return put(`${header}\n${block(wanted, indent)}${/\n*$/.exec(body)?.[0] ?? ''}`);
  }
  if (wanted.includes('\n')) {
    const key = workflow.members(step).find((member) => member.key === 'run')?.name.range?.[0];
    if (key === undefined) return undefined;
    const column = key - (workflow.text.lastIndexOf('\n', key - 1) + 1);
    return put(`|\n${block(wanted, ' '.repeat(column + 2))}`);
  }
  const plain =
    /^[A-Za-z0-9_./$(][^\n]*$/.test(wanted) &&
    !/: |:$| #|^\S+:\s/.test(wanted) &&
    source[0] !== '"' &&
    source[0] !== "'";
  return put(plain ? wanted : `'${wanted.replaceAll("'", "''")}'`);
}

function block(text: string, indent: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : indent + line))
    .join('\n');
}

/** A script at the place a shell complains of, changed; the step's own or one of the tree. */
export async function editScript(
  failure: FailedStep,
  bench: Bench,
  { path, line }: Pick<ScriptPlace, 'path' | 'line'>,
  change: (text: string) => readonly string[] | undefined,
): Promise<{ readonly change: Change; readonly place: Evidence } | undefined> {
  const edit = (lines: readonly string[]): readonly string[] | undefined => {
    const at = line === undefined ? lines.findIndex((one) => changed(change(one), one)) : line - 1;
    const old = lines[at];
    const put = old === undefined ? undefined : change(old);
    return put === undefined ? undefined : [...lines.slice(0, at), ...put, ...lines.slice(at + 1)];
  };
  if (path === undefined) return editCommand(failure, bench, edit);
  const clean = cleanPath(path);
  const bytes = clean === undefined ? undefined : await bench.read(clean);
  if (clean === undefined || bytes === undefined || bytes.includes(0) || bytes.length > 1 << 20)
    return undefined;
  const text = bytes.toString('utf8');
  const lines = edit(text.split('\n'));
  if (lines === undefined || lines.join('\n') === text) return undefined;
  return {
    change: { path: clean, content: Buffer.from(lines.join('\n')) },
    place: {
      file: clean,
      ...(line === undefined ? {} : { line }),
      text: text.split('\n')[(line ?? 1) - 1]?.trim().slice(0, 200) ?? '',
    },
  };
}

function changed(put: readonly string[] | undefined, old: string): boolean {
  return put !== undefined && put.join('\n') !== old;
}

/** A word of a shell line replaced where it stands as a command; undefined where it doesn't. */
export function replaceCommand(line: string, word: string, put: string): string | undefined {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(
    `(^|[;&|(\`!]|\\b(?:then|do|else|exec|time|sudo|env|xargs|if|while|until)\\b)(\\s*(?:[A-Za-z_]\\w{0,60}=\\S{0,200}\\s+){0,5})${escaped}(?=[\\s;&|)\`]|$)`,
    'g',
  );
  const made = line.replace(pattern, (_all, before: string, space: string) => `${before}${space}${put}`);
  return made === line ? undefined : made;
}

/** A step's member set to a value of one line; undefined where it can't be put there alone. */
export async function setStepKey(
  failure: FailedStep,
  bench: Bench,
  owner: 'step' | 'job',
  keys: readonly [string] | readonly [string, string],
  value: string,
): Promise<{ readonly change: Change; readonly place: Evidence } | undefined> {
  const workflow = await WorkflowText.read(failure.workflow.path, bench);
  const found = workflow?.find(failure);
  if (workflow === undefined || found === undefined) return undefined;
  const map = owner === 'step' ? found.step : found.job;
  const [key, inner] = keys;
  const held = workflow.at(map, key);
  const place: Evidence = {
    file: workflow.path,
    line: workflow.line(map),
    text: `${owner} ${owner === 'step' ? failure.step : failure.job}`,
  };
  const done = (text: string) => {
    const after = WorkflowText.of(workflow.path, text);
    const now = after?.find(failure);
    const set = after?.textAt(owner === 'step' ? now?.step : now?.job, ...keys);
    return set === value.replace(/^'(.*)'$/s, (_all, body: string) => body.replaceAll("''", "'"))
      ? { change: { path: workflow.path, content: Buffer.from(text) }, place }
      : undefined;
  };
  const target = inner === undefined ? held : workflow.at(held, inner);
  const range = target === undefined ? undefined : workflow.scalar(target)?.range;
  if (range !== undefined && range !== null)
    return done(workflow.text.slice(0, range[0]) + value + workflow.text.slice(range[1]));
  if (
    target !== undefined ||
    (inner !== undefined && held !== undefined && workflow.members(held).length === 0)
  )
    return undefined;
  const owned = inner !== undefined && held !== undefined ? held : map;
  const members = workflow.members(owned);
  const beside = members[0]?.name.range?.[0];
  if (beside === undefined) return undefined;
  const indent = ' '.repeat(beside - (workflow.text.lastIndexOf('\n', beside - 1) + 1));
  const lines =
    inner === undefined || held !== undefined
      ? `${inner ?? key}: ${value}`
      : `${key}:\n${indent}  ${inner}: ${value}`;
  // after the last member where that is of one line, else before the first: what follows on its line keeps its place
  const last = members.at(-1)?.value?.range?.[1];
  const end = last === undefined ? -1 : workflow.text.indexOf('\n', last);
  const simple =
    last !== undefined && !workflow.text.slice(members.at(-1)?.name.range?.[0] ?? 0, last).includes('\n');
  const after = simple
    ? done(
        `${workflow.text.slice(0, end < 0 ? undefined : end)}\n${indent}${lines}${end < 0 ? '' : workflow.text.slice(end)}`,
      )
    : undefined;
  return after ?? done(`${workflow.text.slice(0, beside)}${lines}\n${indent}${workflow.text.slice(beside)}`);
}

/** Members of a map of the step, each set to a text; undefined where one can't be put there. */
export async function setStepKeys(
  failure: FailedStep,
  bench: Bench,
  map: string,
  values: ReadonlyMap<string, string>,
): Promise<Change | undefined> {
  let read = bench;
  let last: Change | undefined;
  for (const [name, value] of values) {
    const edit = await setStepKey(failure, read, 'step', [map, name], yamlText(value));
    if (edit === undefined) return undefined;
    const { change } = edit;
    last = change;
    read = {
      ...bench,
      read: async (path) => (path === change.path ? (change.content ?? undefined) : bench.read(path)),
    };
  }
  return last;
}

export function yamlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** Steps put before the one that failed. */
export async function stepBefore(
  failure: FailedStep,
  bench: Bench,
  run: string,
): Promise<{ readonly change: Change; readonly place: Evidence } | undefined> {
  const workflow = await WorkflowText.read(failure.workflow.path, bench);
  const found = workflow?.find(failure);
  const from = found?.step.range?.[0];
  if (workflow === undefined || found === undefined || from === undefined) return undefined;
  const start = workflow.text.lastIndexOf('\n', from - 1) + 1;
  const dash = /^( *)- *$/.exec(workflow.text.slice(start, from))?.[1];
  if (dash === undefined || !/^[A-Za-z][\w ./-]*$/.test(run)) return undefined;
  const text = `${workflow.text.slice(0, start)}${dash}- run: ${run}\n${workflow.text.slice(start)}`;
  const place: Evidence = {
    file: workflow.path,
    line: workflow.line(found.step),
    text: 'no step before it installs the packages',
  };
  return WorkflowText.of(workflow.path, text) === undefined
    ? undefined
    : { change: { path: workflow.path, content: Buffer.from(text) }, place };
}
