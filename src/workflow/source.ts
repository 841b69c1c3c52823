import type { RunRequest, Workflow } from './model.ts';

/** A kind of workflow. */
export interface WorkflowSource {
  readonly kind: string;
  /** The workflows of this kind there are, for lists and suggestions; a broken one is listed with its fault. */
  find(files: SourceFiles): Promise<readonly FoundWorkflow[]>;
  /**
   * Makes the model; reads files through `files` alone.
   *
   * @throws BitError `not-found` with the nearest names; `usage` naming file:line:column for one that is wrong
   */
  load(request: RunRequest, files: SourceFiles): Promise<Workflow>;
}

/** The files a source reads, kept with the run: resumed, it reads what it read at first. */
export interface SourceFiles {
  /** Absolute. */
  readonly root: string;
  /** By path relative to the root; undefined where there is no such file. Links that lead out are refused. */
  read(path: string): string | undefined;
  /** Names in a folder; empty where there is none. */
  list(path: string): readonly string[];
  /**
   * Whether a step kind of a plugin's is there and takes these inputs; undefined where nothing is about to run.
   *
   * @throws BitError `not-found`, `usage`
   */
  readonly checkPlugged?: (uses: string, given: readonly string[]) => void;
}

export interface FoundWorkflow {
  /** What `bit run` takes. */
  readonly name: string;
  readonly title: string;
  readonly path: string;
  /** Events it asks to run on. */
  readonly on: readonly string[];
  /** Message with line and column where it can't be read. */
  readonly fault?: string;
}
