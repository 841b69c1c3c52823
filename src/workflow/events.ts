import type { Annotation, Artifact, Outputs, Result, RunEnding } from './model.ts';

/**
 * What happens in a run, as its watchers hear of it, in order and never before it is on disk. `--json` prints one a
 * line. `at` is RFC 3339; texts are masked. Members may be added; none is taken away or changes its meaning.
 */
export type RunEvent = { readonly at: string; readonly run: string } & (
  | {
      readonly event: 'run-started';
      readonly workflow: string;
      readonly number: number;
      readonly attempt: number;
      /** Steps the journal already holds. */
      readonly kept: number;
    }
  | { readonly event: 'job-started'; readonly job: string; readonly title: string; readonly kept: number }
  | { readonly event: 'job-waiting'; readonly job: string; readonly title: string; readonly why: string }
  | {
      readonly event: 'job-finished';
      readonly job: string;
      readonly title: string;
      readonly result: Result;
      readonly milliseconds: number;
      /** Why it was skipped, or failed beside its steps. */
      readonly why?: string;
      readonly outputs: Outputs;
    }
  | { readonly event: 'step-started'; readonly job: string; readonly step: string; readonly title: string }
  | { readonly event: 'step-output'; readonly job: string; readonly step: string; readonly line: string }
  | {
      readonly event: 'step-retrying';
      readonly job: string;
      readonly step: string;
      readonly title: string;
      /** The try that failed, from 1. */
      readonly failed: number;
      readonly milliseconds: number;
    }
  | {
      readonly event: 'step-finished';
      readonly job: string;
      readonly step: string;
      readonly title: string;
      readonly outcome: Result;
      readonly conclusion: Result;
      readonly milliseconds: number;
      readonly tries: number;
      readonly exit?: number;
      readonly error?: string;
      /** Of one that failed: the last lines it wrote. */
      readonly tail?: readonly string[];
    }
  | {
      readonly event: 'annotation';
      readonly job: string;
      readonly step: string;
      readonly annotation: Annotation;
    }
  | { readonly event: 'summary'; readonly job: string; readonly step: string; readonly path: string }
  | { readonly event: 'artifact'; readonly job: string; readonly artifact: Artifact }
  | { readonly event: 'run-finished'; readonly result: RunEnding; readonly milliseconds: number }
);

/** A {@link RunEvent} before the run puts its id and the time to it. */
export type Happening = RunEvent extends infer Event
  ? Event extends RunEvent
    ? Omit<Event, 'at' | 'run'>
    : never
  : never;

/** Hears every event; must not throw, and nothing waits for it. */
export type Watch = (event: RunEvent) => void;
