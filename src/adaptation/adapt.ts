import type { Node, Pair, Scalar, YAMLMap } from 'yaml';
import { parseYaml, type YamlDocument } from '../specification/index.ts';
import type { Edit } from './edits.ts';
import { withRetries } from './script.ts';

export interface Adaptation {
  readonly edits: readonly Edit[];
  /** What each does, `12: the artifact dist gets a name of its own for each run`. */
  readonly notes: readonly string[];
}

export interface Outputs {
  /** Where this project's builds leave their files, as a pattern. */
  readonly build: string;
}

/** A path that a tutorial wrote and nobody changed: `path/to/build/output/**`. */
const SAMPLE_PATH = /^(?:\.\/)?path\/to\/(?:[\w-]+\/?)*(?:\*\*)?$/;
const UNIQUE = '-${{ github.run_number }}-${{ github.sha }}';

/**
 * A GitHub workflow made to last: artifact names that no other run or matrix job has, real build output where the text
 * still says `path/to/build/output`, network commands tried again, and `aln-analyze` where it may be missing. Only
 * what is named is changed; comments and layout stay.
 *
 * @throws BitError `usage` by line and column for what is no YAML
 */
export function adaptWorkflow(path: string, text: string, outputs: Outputs): Adaptation {
  return new Adapter(parseYaml(path, text), text, outputs).run();
}

interface StepAt {
  readonly job: string;
  readonly step: YAMLMap;
  readonly matrix: boolean;
  /** Steps run in a POSIX shell. */
  readonly shell: boolean;
}

class Adapter {
  readonly document: YamlDocument;
  readonly text: string;
  readonly outputs: Outputs;
  readonly edits: Edit[] = [];
  readonly notes: string[] = [];

  constructor(document: YamlDocument, text: string, outputs: Outputs) {
    this.document = document;
    this.text = text;
    this.outputs = outputs;
  }

  run(): Adaptation {
    const steps = [...this.steps()];
    const renamed = this.artifacts(steps);
    this.downloads(steps, renamed);
    for (const at of steps) this.script(at);
    return { edits: this.edits, notes: this.notes };
  }

  *steps(): IterableIterator<StepAt> {
    const { isMap, isSeq } = this.document.library;
    const root = this.document.root;
    const workflowShell = this.textAt(root, 'defaults', 'run', 'shell');
    const jobs = this.at(root, 'jobs');
    if (!isMap(jobs)) return;
    for (const pair of jobs.items) {
      const job = pair.value as Node | null;
      const steps = this.at(job, 'steps');
      if (!isSeq(steps)) continue;
      const matrix = this.at(job, 'strategy', 'matrix') !== undefined;
      const shell = this.textAt(job, 'defaults', 'run', 'shell') ?? workflowShell;
      const runsOn = this.source(this.at(job, 'runs-on'));
      for (const step of steps.items) {
        if (!isMap(step)) continue;
        const own = this.textAt(step, 'shell') ?? shell;
        const posix = own === undefined ? !/windows|\$\{\{/i.test(runsOn) : /^(?:bash|sh)\b/.test(own);
        yield { job: String((pair.key as Scalar | null)?.value ?? ''), step, matrix, shell: posix };
      }
    }
  }

  /** New names by the old ones. */
  artifacts(steps: readonly StepAt[]): Map<string, string> {
    const renamed = new Map<string, string>();
    const wanted = new Set(
      steps
        .filter(({ step }) => this.uses(step, 'actions/download-artifact'))
        .map(({ step }) => this.textAt(step, 'with', 'name')),
    );
    for (const { step, matrix } of steps) {
      if (!this.uses(step, 'actions/upload-artifact')) continue;
      this.samplePath(step);
      const name = this.scalar(this.at(step, 'with', 'name'));
      const old = name === undefined ? 'artifact' : String(name.value);
      if (old.includes('${{')) continue;
      if (matrix && wanted.has(old)) {
        this.notes.push(
          `${this.line(step)}: ${old} is made by a matrix and fetched by its name: left as it is`,
        );
        continue;
      }
      const made = `${old}${UNIQUE}${matrix ? '-${{ strategy.job-index }}' : ''}`;
      if (!(name === undefined ? this.insertName(step, made) : this.replace(name, made))) continue;
      renamed.set(old, made);
      this.notes.push(
        `${this.line(name ?? step)}: the artifact ${old} gets a name of its own for each run${matrix ? ' and matrix job' : ''}`,
      );
    }
    return renamed;
  }

  downloads(steps: readonly StepAt[], renamed: ReadonlyMap<string, string>): void {
    for (const { step } of steps) {
      if (!this.uses(step, 'actions/download-artifact')) continue;
      const name = this.scalar(this.at(step, 'with', 'name'));
      const made = name === undefined ? undefined : renamed.get(String(name.value));
      if (name === undefined || made === undefined || !this.replace(name, made)) continue;
      this.notes.push(`${this.line(name)}: ${String(name.value)} is fetched by its new name`);
    }
  }

  samplePath(step: YAMLMap): void {
    const path = this.scalar(this.at(step, 'with', 'path'));
    if (path === undefined || typeof path.value !== 'string' || !SAMPLE_PATH.test(path.value.trim())) return;
    if (this.replace(path, this.outputs.build))
      this.notes.push(
        `${this.line(path)}: ${path.value} becomes ${this.outputs.build}, where builds here leave their files`,
      );
  }

  script({ step, shell }: StepAt): void {
    const run = this.scalar(this.at(step, 'run'));
    if (!shell || run === undefined || typeof run.value !== 'string') return;
    const [from = 0, to = 0] = run.range ?? [];
    const made = withRetries(run.value);
    if (made === undefined) return;
    // a quoted, folded or chomped scalar keeps its author's reasons
    if (run.type !== 'BLOCK_LITERAL' && run.type !== 'PLAIN') {
      this.notes.push(`${this.line(run)}: written in a way that is left as it is`);
      return;
    }
    const indent = this.indentOf(run);
    if (indent === undefined) return;
    const header = run.type === 'BLOCK_LITERAL' ? (/^\|[^\n]*/.exec(this.text.slice(from))?.[0] ?? '|') : '|';
    if (/\d/.test(header)) return;
    const body = made.script
      .replace(/\n+$/, '')
      .split('\n')
      .map((line) => (line === '' ? '' : indent + line));
    const tail = this.text.slice(from, to).endsWith('\n') ? '\n' : '';
    this.edits.push({ from, to, text: `${header}\n${body.join('\n')}${tail}` });
    for (const note of made.notes) this.notes.push(`${this.line(run)}: ${note}`);
  }

  /** Of a block's lines: two more than the key's. */
  indentOf(run: Scalar): string | undefined {
    const at = this.text.lastIndexOf('\n', (run.range?.[0] ?? 0) - 1) + 1;
    const line = this.text.slice(at, run.range?.[0]);
    const [, before = ''] = /^(\s*(?:- +)?)run:/.exec(line) ?? [];
    return before === '' ? undefined : `${' '.repeat(before.length)}  `;
  }

  insertName(step: YAMLMap, name: string): boolean {
    const { isMap } = this.document.library;
    const block = this.at(step, 'with');
    if (isMap(block) && block.flow !== true) {
      const [first] = block.items as Pair<Scalar, Node>[];
      const at = first?.key.range?.[0];
      if (at === undefined) return false;
      const { column } = this.document.place(at);
      // an anchor or a tag before the key is neither the new one's nor room to stand below
      if (this.text.slice(at - (column - 1), at).trim() !== '') return false;
      this.edits.push({ from: at, to: at, text: `name: ${name}\n${' '.repeat(column - 1)}` });
      return true;
    }
    return false;
  }

  replace(scalar: Scalar, value: string): boolean {
    const [from = 0, to = 0] = scalar.range ?? [];
    const quote = scalar.type === 'QUOTE_DOUBLE' ? '"' : scalar.type === 'QUOTE_SINGLE' ? "'" : '';
    if (quote === '' && scalar.type !== 'PLAIN') return false;
    // an alias stands for what stands elsewhere
    if (scalar.anchor !== undefined || this.text.slice(from, to).includes('\n')) return false;
    const safe = quote !== '' || !/^[*&!%@`{[]|: | #/.test(value);
    const put =
      quote === '"'
        ? JSON.stringify(value)
        : quote === "'" || !safe
          ? `'${value.replaceAll("'", "''")}'`
          : value;
    this.edits.push({ from, to, text: put });
    return true;
  }

  uses(step: YAMLMap, action: string): boolean {
    return this.textAt(step, 'uses')?.startsWith(`${action}@`) === true;
  }

  line(node: Node): number {
    return this.document.place(node.range?.[0] ?? 0).line;
  }

  source(node: Node | undefined): string {
    return node?.range == null ? '' : this.text.slice(node.range[0], node.range[1]);
  }

  textAt(node: Node | null, ...keys: readonly string[]): string | undefined {
    const value = this.scalar(this.at(node, ...keys))?.value;
    return typeof value === 'string' ? value : undefined;
  }

  scalar(node: Node | undefined): Scalar | undefined {
    return node !== undefined && this.document.library.isScalar(node) ? node : undefined;
  }

  /** Not through aliases: what they stand for is changed where it stands, or not at all. */
  at(node: Node | null, ...keys: readonly string[]): Node | undefined {
    let here: Node | null | undefined = node;
    for (const key of keys) {
      if (!this.document.library.isMap(here)) return undefined;
      const items = here.items as readonly Pair<Node, Node | null>[];
      here = items.find((pair) => this.scalar(pair.key)?.value === key)?.value;
    }
    return here ?? undefined;
  }
}
