/**
 * The model of mending: what is known of a step that failed, the bench a fixer works on, and what it finds. A fixer reads
 * and proposes; it changes nothing. Whether what it proposes is any good is found by trying it (`try.ts`), so a fixer may
 * be wrong without doing harm. Logs, trees and workflows are strangers' work: every path in a {@link Change} is checked
 * before it is used, and a fixer's expressions over a log are linear in its length.
 */

export type WorkflowKind = 'native' | 'github' | 'flow' | 'script';

/** A step of a run that failed, from the run's journal and logs. */
export interface FailedStep {
  /** Id of the run; empty where a workflow's file could not even be read. */
  readonly run: string;
  /** The job's instance, as the journal names it: `build`, `test(20)`. */
  readonly job: string;
  readonly step: string;
  /** Position among the job's steps, 0 the first. */
  readonly index: number;
  readonly workflow: {
    /** Relative to the work tree. */
    readonly path: string;
    readonly kind: WorkflowKind;
    /** Where the step begins, 1 the first; null where it can't be told. */
    readonly line: number | null;
  };
  /** What the step ran (`run:`), as the file has it; null for an action, and where the file can't be read. */
  readonly command: string | null;
  readonly uses: string | null;
  readonly shell: string | null;
  /** Relative to the work tree, `.` for its root. */
  readonly workingDirectory: string;
  /** Absolute: the work tree that the step ran in, as its log may name it; it may be gone. */
  readonly workspace: string;
  readonly exit: number | null;
  /** `SIGKILL`, where a signal ended it. */
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly milliseconds: number;
  /** The end of what it printed, at most 256 kB; no control characters but line ends and tabs; secrets masked. */
  readonly log: string;
  /** The commit HEAD stood on when the run began; null where that is not known. */
  readonly commit: string | null;
}

/** How a step ended in another run of this workflow. */
export interface PastStep {
  readonly ok: boolean;
  readonly milliseconds: number;
  readonly commit: string | null;
}

/** What a program did on a throw-away copy of the tree. */
export interface ToolResult {
  readonly status: number;
  /** The end of both its streams, bounded. */
  readonly output: string;
  readonly changes: readonly Change[];
}

/** The tree the run had; to read only. Paths are relative to its root, with `/`; one that leads out is not there. */
export interface Bench {
  read(path: string): Promise<Buffer | undefined>;
  mode(path: string): Promise<'100644' | '100755' | '120000' | undefined>;
  /** Files of the tree by globs, sorted; what git ignores is left out. */
  list(globs: readonly string[]): Promise<readonly string[]>;
  /** Files that the last commits moved, the newest first. */
  moves(): Promise<readonly Move[]>;
  /** The step's ends in this and earlier runs, newest first. */
  history(workflow: string, job: string, step: string): readonly PastStep[];
  /** A program of the machine, run in a throw-away copy of the tree in the sandbox; what it changed comes back. */
  tool(
    words: readonly string[],
    options?: { readonly network?: boolean; readonly seconds?: number },
  ): Promise<ToolResult>;
}

/** A file of the tree's history that goes by another path since. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** A file as it should be; `content` null: it should not be there. Mode default as it was, `100644` of a new one. */
export interface Change {
  readonly path: string;
  readonly content: Buffer | null;
  readonly mode?: '100644' | '100755';
}

export interface Evidence {
  readonly file?: string;
  readonly line?: number;
  readonly text: string;
}

export interface Finding {
  readonly fixer: string;
  /** One sentence naming the thing. */
  readonly cause: string;
  readonly evidence: readonly Evidence[];
  /** 0..1. */
  readonly confidence: number;
  /** Null: known, but nothing in the tree puts it right. */
  readonly changes: readonly Change[] | null;
  /** What a person does then; a command where there is one. */
  readonly advice: string | null;
  /** It fails now and then: that it passes without the changes when it is tried says nothing against them. */
  readonly intermittent?: true;
}

export interface Fixer {
  /** Kebab-case; `fix/<name>-…` is the branch. */
  readonly name: string;
  readonly title: string;
  /** Nothing found: empty. What it throws is told, and the other fixers go on. */
  detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]>;
}
