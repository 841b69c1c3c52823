import { textOf } from '../expression/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Reader } from '../operation/index.ts';
import type { SourceFiles } from '../workflow/index.ts';
import { LOCK_FILE, nameOf, parseUses, type RemoteReference, vendoredFolder } from './action-place.ts';
import {
  type JobDefinition,
  readWorkflow,
  type StepDefinition,
  type WorkflowDefinition,
} from './definition.ts';
import { evaluateTree } from './evaluate-tree.ts';
import { type EventFacts, type EventOptions, githubContext, readEvent, runnerFacts } from './event.ts';
import { type Env, type Foreseen, Foresight, type Known, type PreviewExpression } from './foresight.ts';
import { findWorkflow } from './github-source.ts';
import { inputDeclarations, typedInputs } from './inputs.ts';
import { foreignSystem, labelsOf } from './labels.ts';
import { vendoredAs } from './lock.ts';
import { type Combination, combinationLabel, expandMatrix } from './matrix.ts';
import { nativeAction } from './native/index.ts';
import type { Tree } from './source.ts';
import { startsOn } from './trigger.ts';
import { openWorkTree } from './work-tree.ts';

export type { Foreseen, PreviewExpression } from './foresight.ts';

export interface PreviewStep {
  readonly title: string;
  readonly if: Foreseen;
  readonly uses?: string;
  /** The action isn't here. */
  readonly missing?: true;
}

export interface PreviewJob {
  readonly id: string;
  readonly needs: readonly string[];
  /** 0 where it needs none, else one more than the deepest it needs. */
  readonly depth: number;
  readonly if: Foreseen;
  /** Labels of its matrix, `['']` without one; null where only the run can tell. */
  readonly instances: readonly string[] | null;
  readonly runsOn: readonly string[];
  /** The system it asks for, where it isn't this one. */
  readonly elsewhere?: string;
  readonly calls?: string;
  readonly steps: readonly PreviewStep[];
}

export interface WorkflowPreview {
  readonly workflow: string;
  readonly path: string;
  readonly event: string;
  readonly starts: { readonly runs: boolean; readonly because: string };
  readonly jobs: readonly PreviewJob[];
  readonly expressions: readonly PreviewExpression[];
  /** Actions that are neither here nor done by bit itself. */
  readonly missing: readonly string[];
}

export interface PreviewRequest extends EventOptions {
  readonly workflow: string;
  readonly inputs?: Readonly<Record<string, string>>;
}

/** The graph of a workflow's jobs and every expression in it, for one event, without running anything. */
export async function previewWorkflow(reader: Reader, request: PreviewRequest): Promise<WorkflowPreview> {
  const files = openWorkTree(reader);
  const path = findWorkflow(files, request.workflow);
  const definition = readWorkflow(path, files.read(path) ?? '');
  const [first] = definition.on;
  const event = await readEvent(reader, { ...request, event: request.event ?? first?.name });
  return foresee(definition, { files, event, inputs: request.inputs ?? {} });
}

export interface ForeseeOptions {
  readonly files: SourceFiles;
  readonly event: EventFacts;
  readonly inputs: Readonly<Record<string, string>>;
}

export function foresee(definition: WorkflowDefinition, options: ForeseeOptions): WorkflowPreview {
  const view = new View(definition, options);
  const { event } = options;
  const action = event.payload['action'];
  const starts = startsOn(definition, {
    event: event.name,
    ref: event.name === 'push' ? event.ref : `refs/heads/${event.baseRef || event.defaultBranch}`,
    ...(typeof action === 'string' ? { action } : {}),
  });
  const jobs = definition.jobs.map((job) => view.job(job));
  const shared = [definition.runName, definition.env, definition.concurrency, definition.defaults];
  const general = shared.flatMap((tree) =>
    view.foresight.expressions(tree, null, [{ contexts: view.contexts, env: view.env }]),
  );
  const missing = new Set(
    jobs.flatMap(({ steps, calls }) => [
      ...steps.flatMap((step) => (step.missing ? [step.uses ?? ''] : [])),
      ...(calls !== undefined && view.isMissing(calls) ? [calls] : []),
    ]),
  );
  return {
    workflow: definition.name,
    path: definition.path,
    event: event.name,
    starts,
    jobs,
    expressions: [...general, ...view.found].toSorted((a, b) => a.line - b.line || a.column - b.column),
    missing: [...missing].sort(),
  };
}

class View {
  readonly foresight: Foresight;
  readonly files: SourceFiles;
  readonly contexts: Readonly<Record<string, Json>>;
  readonly env: Env;
  readonly found: PreviewExpression[] = [];
  readonly depths = new Map<string, number>();
  readonly definition: WorkflowDefinition;

  constructor(definition: WorkflowDefinition, { files, event, inputs }: ForeseeOptions) {
    this.definition = definition;
    const { source } = definition;
    this.foresight = new Foresight(source, files.root);
    this.files = files;
    const github = githubContext(event, definition, { workspace: files.root });
    const secrets: Record<string, Json> = { GITHUB_TOKEN: '***' };
    for (const [, name = ''] of source.text.matchAll(/\bsecrets\.([A-Za-z_]\w*)/g)) secrets[name] = '***';
    const kind = event.name === 'workflow_dispatch' ? event.name : 'workflow_call';
    const declared = definition.on.some(({ name }) => name === kind)
      ? inputDeclarations(definition, kind)
      : [];
    const evaluateDefault = (tree: Tree): Json => evaluateTree(source, tree, { contexts: { github } });
    // a preview of a called workflow is shown without what its caller gives
    const optional = kind === event.name ? declared : declared.map((each) => ({ ...each, required: false }));
    this.contexts = {
      github,
      inputs: typedInputs({
        declared: optional,
        given: inputs,
        evaluate: evaluateDefault,
        path: definition.path,
      }),
      vars: {},
      secrets,
      runner: runnerFacts(),
    };
    this.env = this.foresight.layered(new Map(), definition.env, this.contexts);
  }

  job(job: JobDefinition): PreviewJob {
    const depth = 1 + Math.max(-1, ...job.needs.map((id) => this.depthOf(id, new Set([job.id]))));
    const combinations = this.combinations(job);
    const places = (combinations ?? [undefined]).map((matrix, index): Known => {
      const contexts: Record<string, Json> = {
        ...this.contexts,
        github: { ...(this.contexts['github'] as JsonObject), job: job.id },
      };
      if (combinations !== null) {
        contexts['matrix'] = matrix ?? {};
        contexts['strategy'] = { 'job-index': index, 'job-total': combinations.length };
      }
      return { contexts, env: this.foresight.layered(this.env, job.env, contexts) };
    });
    this.found.push(
      ...this.foresight.expressions(
        job.tree,
        job.id,
        places,
        job.steps.map(({ tree }) => tree),
      ),
    );
    this.found.push(...this.foresight.bare(job.if, job.id, places));
    for (const step of job.steps) {
      this.found.push(...this.foresight.bare(step.if, job.id, places));
      const inner = places.map(({ contexts, env }) => ({
        contexts,
        env: this.foresight.layered(env, step.env, contexts),
      }));
      this.found.push(...this.foresight.expressions(step.tree, job.id, inner));
    }
    const runsOn = [
      ...new Set(places.flatMap((known) => labelsOf(this.foresight.tree(job.runsOn, known) ?? null))),
    ];
    const foreign = foreignSystem(runsOn);
    return {
      id: job.id,
      needs: job.needs,
      depth,
      if: this.foresight.foreseen(job.if, places, job.needs.length > 0),
      instances:
        combinations?.map((matrix) => (matrix === undefined ? '' : combinationLabel(matrix))) ?? null,
      runsOn,
      ...(foreign === undefined ? {} : { elsewhere: foreign }),
      ...(job.uses === undefined ? {} : { calls: String(job.uses.value) }),
      steps: job.steps.map((step) => this.step(step, places)),
    };
  }

  depthOf(id: string, open: Set<string>): number {
    const known = this.depths.get(id);
    if (known !== undefined) return known;
    if (open.has(id)) return 0;
    open.add(id);
    const needs = this.definition.jobs.find((job) => job.id === id)?.needs ?? [];
    const depth = 1 + Math.max(-1, ...needs.map((need) => this.depthOf(need, open)));
    this.depths.set(id, depth);
    return depth;
  }

  /** Null where only the run can tell. */
  combinations(job: JobDefinition): readonly (Combination | undefined)[] | null {
    if (job.matrix === undefined) return [undefined];
    const value = this.foresight.tree(job.matrix, { contexts: this.contexts, env: this.env });
    return value === undefined ? null : expandMatrix(value);
  }

  step(step: StepDefinition, places: readonly Known[]): PreviewStep {
    const uses = step.uses === undefined ? undefined : String(step.uses.value);
    const [first = ''] = String(step.run?.value ?? '')
      .trim()
      .split('\n');
    const name = step.name?.kind === 'scalar' ? String(step.name.value) : undefined;
    return {
      title: name ?? (uses === undefined ? `Run ${first}` : `Run ${uses}`),
      if: this.foresight.foreseen(step.if, places, false),
      ...(uses === undefined ? {} : { uses }),
      ...(uses !== undefined && this.isMissing(uses) ? { missing: true } : {}),
    };
  }

  isMissing(uses: string): boolean {
    const named = parseUses(uses);
    if (named.kind === 'docker' || named.kind === 'local') return false;
    if (nativeAction(named) !== undefined) return false;
    return [named, vendoredAs(named, this.files.read(LOCK_FILE))].every((one) => this.isAbsent(one));
  }

  isAbsent(reference: RemoteReference): boolean {
    const folder = vendoredFolder(reference);
    if (/\.ya?ml$/.test(reference.path)) return this.files.read(`${folder}/${reference.path}`) === undefined;
    const base = reference.path === '' ? folder : `${folder}/${reference.path}`;
    return ['action.yml', 'action.yaml'].every((file) => this.files.read(`${base}/${file}`) === undefined);
  }
}

/** One value as a person reads it. */
export function shownValue(value: Json): string {
  return isJsonObject(value) || Array.isArray(value)
    ? JSON.stringify(value)
    : typeof value === 'string'
      ? JSON.stringify(value)
      : textOf(value) || 'null';
}

/** How to get what is missing. */
export function vendorHint(missing: readonly string[]): string {
  const names = missing.map((uses) => {
    const reference = parseUses(uses);
    return reference.kind === 'remote' ? nameOf(reference) : uses;
  });
  return `bit workflow vendor ${names.join(' ')}  (into ${LOCK_FILE.replace(/\/[^/]*$/, '')})`;
}
