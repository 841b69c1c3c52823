import type { Node, Pair, Scalar, YAMLMap } from 'yaml';
import { parseYaml, type YamlDocument } from '../specification/index.ts';
import type { Bench, Change, FailedStep } from './model.ts';

/** A part of a workflow's text replaced by another. */
export interface TextEdit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** A workflow's file as a fixer reads it: what stands where, so that an edit leaves all else as it is. */
export class WorkflowText {
  readonly path: string;
  readonly text: string;
  readonly #document: YamlDocument;

  private constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.#document = parseYaml(path, text);
  }

  /** Undefined where there is no such file, or where it is no YAML. */
  static async read(path: string, bench: Bench): Promise<WorkflowText | undefined> {
    const bytes = await bench.read(path);
    return bytes === undefined ? undefined : WorkflowText.of(path, bytes.toString('utf8'));
  }

  static of(path: string, text: string): WorkflowText | undefined {
    try {
      return new WorkflowText(path, text);
    } catch {
      return undefined;
    }
  }

  get root(): Node | null {
    return this.#document.root;
  }

  jobs(): readonly { readonly id: string; readonly node: YAMLMap }[] {
    const { isMap } = this.#document.library;
    return this.members(this.at(this.root, 'jobs')).flatMap(({ key, value }) =>
      isMap(value) ? [{ id: key, node: value }] : [],
    );
  }

  steps(job: Node | null | undefined): readonly YAMLMap[] {
    const { isMap, isSeq } = this.#document.library;
    const steps = this.at(job, 'steps');
    return isSeq(steps) ? steps.items.filter((item): item is YAMLMap => isMap(item)) : [];
  }

  /** Where a failed step stands; undefined for one that is of another file, or was made by what runs it. */
  find(
    failure: FailedStep,
  ): { readonly job: YAMLMap; readonly step: YAMLMap; readonly index: number } | undefined {
    if (failure.workflow.path !== this.path) return undefined;
    const id = /^[A-Za-z_][\w-]*/.exec(failure.job)?.[0];
    const job = this.jobs().find((one) => one.id === id)?.node;
    const steps = this.steps(job);
    const { line } = failure.workflow;
    const byLine = line === null ? -1 : steps.findIndex((step) => this.lines(step).includes(line));
    const byWords = steps.findIndex(
      (step) =>
        (failure.command !== null && this.textAt(step, 'run')?.trim() === failure.command.trim()) ||
        (failure.uses !== null && this.textAt(step, 'uses') === failure.uses),
    );
    const index = byLine >= 0 ? byLine : byWords;
    const step = steps[index];
    return job === undefined || step === undefined ? undefined : { job, step, index };
  }

  /** Lines a node spans, 1 the first. */
  lines(node: Node): { readonly first: number; includes(line: number): boolean } {
    const [from = 0, , end] = node.range ?? [];
    const first = this.#document.place(from).line;
    const last = this.#document.place(Math.max(from, (end ?? from) - 1)).line;
    return { first, includes: (line) => line >= first && line <= last };
  }

  line(node: Node): number {
    return this.lines(node).first;
  }

  /** Not through aliases: what they stand for is changed where it stands, or not at all. */
  at(node: Node | null | undefined, ...keys: readonly string[]): Node | undefined {
    let here: Node | null | undefined = node;
    for (const key of keys) here = this.members(here).find((member) => member.key === key)?.value;
    return here ?? undefined;
  }

  members(
    node: Node | null | undefined,
  ): readonly { readonly key: string; readonly name: Scalar; readonly value: Node | null }[] {
    const { isMap, isScalar } = this.#document.library;
    if (!isMap(node)) return [];
    return (node.items as readonly Pair<Node, Node | null>[]).flatMap(({ key, value }) =>
      isScalar(key) ? [{ key: String(key.value), name: key, value }] : [],
    );
  }

  scalar(node: Node | null | undefined): Scalar | undefined {
    return node !== null && node !== undefined && this.#document.library.isScalar(node) ? node : undefined;
  }

  textAt(node: Node | null | undefined, ...keys: readonly string[]): string | undefined {
    const value = this.scalar(this.at(node, ...keys))?.value;
    return value === null || value === undefined ? undefined : String(value);
  }

  /** A text within a scalar as it is written, replaced; undefined where it isn't there just so. */
  within(scalar: Scalar, old: string, put: string): TextEdit | undefined {
    const [from = 0, to = 0] = scalar.range ?? [];
    const at = this.text.slice(from, to).indexOf(old);
    return at < 0 || scalar.anchor !== undefined
      ? undefined
      : { from: from + at, to: from + at + old.length, text: put };
  }

  /** The whole line or lines of a member, taken out; undefined in a flow map. */
  without(map: Node | undefined, key: string): TextEdit | undefined {
    const member = this.members(map).find((one) => one.key === key);
    const from = member?.name.range?.[0];
    const end = member?.value?.range?.[2] ?? member?.name.range?.[2];
    if (from === undefined || end === undefined) return undefined;
    const start = this.text.lastIndexOf('\n', from - 1) + 1;
    if (this.text.slice(start, from).trim() !== '') return undefined;
    const next = this.text.indexOf('\n', end - 1);
    return { from: start, to: next < 0 ? this.text.length : next + 1, text: '' };
  }

  change(edits: readonly TextEdit[]): Change {
    let text = '';
    let at = 0;
    for (const edit of [...edits].sort((a, b) => a.from - b.from)) {
      if (edit.from < at) continue;
      text += this.text.slice(at, edit.from) + edit.text;
      at = edit.to;
    }
    return { path: this.path, content: Buffer.from(text + this.text.slice(at)) };
  }
}
