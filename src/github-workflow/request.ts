import type { Reader } from '../operation/index.ts';
import type { RunRequest } from '../workflow/index.ts';
import { readWorkflow } from './definition.ts';
import { readEvent } from './event.ts';
import { factsToJson } from './github-source.ts';
import { openWorkTree } from './work-tree.ts';

/** What is run without an event being named. */
const ANY = 'manual';
const PREFERRED = ['workflow_dispatch', 'push', 'pull_request'] as const;

/**
 * A request with what GitHub would tell the run of the repository and the event: kept with it, so that a resumed run
 * is told the same.
 */
export async function githubRequest(
  reader: Reader,
  request: RunRequest,
  payload?: string,
): Promise<RunRequest> {
  const text = openWorkTree(reader).read(request.workflow);
  if (text === undefined) return request;
  const names = readWorkflow(request.workflow, text).on.map(({ name }) => name);
  const named = request.event.name === ANY ? undefined : request.event.name;
  const event = named ?? PREFERRED.find((name) => names.includes(name)) ?? names[0] ?? 'push';
  const inputs = event === 'workflow_dispatch' ? request.inputs : {};
  const facts = await readEvent(reader, { event, payload, inputs });
  return {
    ...request,
    event: { name: event, payload: { ...facts.payload, ...request.event.payload } },
    options: { ...request.options, github: factsToJson(facts) },
  };
}
