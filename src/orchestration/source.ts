import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import { parseSpecification, SPECIFICATION, type Specification } from '../specification/index.ts';
import type { RunRequest, SourceFiles, WorkflowSource } from '../workflow/index.ts';
import { compileFlow } from './compile.ts';
import { findFaults } from './faults.ts';
import { DEFAULT_TOKENS, eventsOf } from './flows.ts';
import type { Occasion } from './occasion.ts';
import { planFlow } from './plan.ts';
import type { FlowPlan } from './plan-model.ts';

/** What a request to run a flow carries beside its name, so that a resumed run decides as it did. */
export interface FlowOptions {
  readonly plan: FlowPlan;
  /** Of a specification that was made up. */
  readonly text: string | null;
  /** `owner/name` on GitHub. */
  readonly repository: string | null;
}

/** Flows of `.bithub.yml`, each named `.bithub.yml#<flow>`. */
export const flowSource = (sourceOf: (kind: string) => WorkflowSource): WorkflowSource => ({
  kind: 'flow',
  async find(files) {
    const text = files.read(SPECIFICATION);
    if (text === undefined) return [];
    let specification: Specification;
    try {
      specification = parseSpecification(text).specification;
    } catch {
      // told by whoever names a flow: a file that only sets the ledger is no fault here
      return [];
    }
    return (specification.orchestration?.flows ?? []).map(({ name, on, description }) => ({
      name,
      title: description ?? name,
      path: `${SPECIFICATION}#${name}`,
      on: eventsOf(on),
    }));
  },
  async load(request, files) {
    const { plan, text, repository } = optionsOf(request);
    const read = text ?? files.read(SPECIFICATION);
    if (read === undefined)
      throw new BitError('not-found', `there is no ${SPECIFICATION}`, {
        hint: 'bit flow run makes a default up',
      });
    const parsed = parseSpecification(read);
    const [fault] = findFaults(parsed);
    if (fault !== undefined)
      throw new BitError('usage', `${SPECIFICATION}:${fault.line}:${fault.column}: ${fault.message}`);
    const { specification } = parsed;
    const flow = request.workflow.slice(request.workflow.indexOf('#') + 1);
    return compileFlow({
      plan: plan ?? planFlow(files.root, specification, occasionOf(request), { flow, profile: undefined }),
      specification,
      tokenSources: specification.identity?.tokenSources ?? DEFAULT_TOKENS,
      repository,
      load: ({ path, source }) => load(request, files, sourceOf(source ?? 'native'), path ?? ''),
    });
  },
});

function load(request: RunRequest, files: SourceFiles, source: WorkflowSource, path: string) {
  return source.load(
    { ...request, source: source.kind, workflow: path, inputs: {}, jobs: [], options: {} },
    files,
  );
}

function optionsOf({ options }: RunRequest): {
  plan: FlowPlan | undefined;
  text: string | null;
  repository: string | null;
} {
  const flow: Json | undefined = options['flow'];
  if (!isJsonObject(flow)) return { plan: undefined, text: null, repository: null };
  return flow as unknown as FlowOptions;
}

/** Of a flow run by its name as any workflow is: by hand, and nothing is known of what changed. */
function occasionOf({ event }: RunRequest): Occasion {
  return {
    event: event.name,
    branch: null,
    tag: null,
    ref: null,
    sha: null,
    actor: null,
    labels: [],
    changed: null,
    isFork: false,
  };
}
