import type { Json } from '../kernel/json.ts';
import type { Limits, Retry, Sandbox } from '../workflow/index.ts';
import type { Tree } from './document.ts';

/** A workflow file as it stands, its templates as text. The schema for editors: docs/schema/workflow-v1.json. */
export interface Definition {
  readonly name: string | undefined;
  readonly on: readonly string[];
  readonly inputs: Readonly<Record<string, InputDefinition>>;
  readonly env: Readonly<Record<string, string>>;
  readonly concurrency: ConcurrencyDefinition | undefined;
  readonly maxParallel: number | undefined;
  readonly failFast: boolean;
  readonly jobs: readonly JobDefinition[];
  readonly outputs: Readonly<Record<string, string>>;
}

export interface InputDefinition {
  readonly description: string | undefined;
  readonly required: boolean;
  readonly default: string | undefined;
  readonly options: readonly string[] | undefined;
}

export interface ConcurrencyDefinition {
  readonly group: string;
  readonly cancelInProgress: boolean;
}

export interface JobDefinition {
  readonly id: string;
  readonly at: Tree;
  readonly name: string | undefined;
  readonly needs: readonly string[];
  readonly if: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly matrix: Json | undefined;
  readonly failFast: boolean;
  readonly maxParallel: number | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  readonly timeoutMinutes: number | undefined;
  readonly continueOnError: string;
  readonly concurrency: ConcurrencyDefinition | undefined;
  readonly on: string | undefined;
  readonly sandbox: Sandbox | undefined;
  readonly workspace: 'own' | 'shared';
  readonly limits: Limits;
  readonly shell: string | undefined;
  readonly directory: string | undefined;
  readonly steps: readonly StepDefinition[];
  /** Workflow this job calls instead of having steps. */
  readonly uses: string | undefined;
  readonly with: Readonly<Record<string, string>>;
}

export interface StepDefinition {
  readonly id: string;
  readonly at: Tree;
  readonly name: string | undefined;
  readonly if: string | undefined;
  readonly run: string | undefined;
  readonly uses: string | undefined;
  /** Waits for the policy's word, or for others' approval. */
  readonly gate: 'policy' | 'approval' | undefined;
  readonly with: Readonly<Record<string, string>>;
  readonly shell: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string | undefined;
  readonly timeoutMinutes: number | undefined;
  readonly continueOnError: string;
  readonly retry: Retry | undefined;
}
