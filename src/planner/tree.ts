import { isBitError } from '../kernel/errors.ts';
import { filePatch } from '../kernel/line-diff.ts';
import type { SourceFiles } from '../workflow/index.ts';
import type { FileChange, PlannedWorkflow, Proposal } from './model.ts';
import { readWorkflowText, type WorkflowText } from './text.ts';

/** A proposal before it has a place in the plan. */
export type Made = Omit<Proposal, 'id' | 'patch' | 'changes'> & {
  /** New texts by path; null deletes. Empty where it is advice. */
  readonly texts: ReadonlyMap<string, string | null>;
};

/** The files as they would be with what was proposed so far. */
export class Tree {
  readonly #files: SourceFiles;
  readonly #texts = new Map<string, string | null>();

  constructor(files: SourceFiles) {
    this.#files = files;
  }

  read(path: string): string | null {
    return this.#texts.has(path) ? (this.#texts.get(path) ?? null) : (this.#files.read(path) ?? null);
  }

  /** The workflow as it would be, or what is wrong with it. */
  workflow(path: string, kind: WorkflowText['kind']): WorkflowText | string {
    const text = this.read(path);
    if (text === null) return `${path} is not there`;
    try {
      return readWorkflowText(path, kind, text);
    } catch (error) {
      if (isBitError(error)) return error.message;
      throw error;
    }
  }

  take({ texts, ...rest }: Made, id: string): Proposal {
    const changes = [...texts].map(([path, after]) => ({ path, before: this.read(path), after }));
    for (const { path, after } of changes) this.#texts.set(path, after);
    const patch = changes
      .map(({ path, before, after }) => filePatch(path, before ?? undefined, after ?? undefined))
      .join('');
    return { ...rest, id, changes, patch };
  }

  changes(): FileChange[] {
    return [...this.#texts].flatMap(([path, after]) => {
      const before = this.#files.read(path) ?? null;
      return before === after ? [] : [{ path, before, after }];
    });
  }
}

export function unreadable(path: string, kind: PlannedWorkflow['kind'], why: string): PlannedWorkflow {
  return {
    path,
    kind,
    critical: { jobs: [], milliseconds: 0 },
    forecast: { runs: 0, p50: null, p90: null, success: null, unmeasured: [], risks: [] },
    written: null,
    best: null,
    notes: [why],
  };
}
