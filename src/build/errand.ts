import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentPath, putFile } from '../kernel/content-store.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { RunRequest, Step, StepTools, WorkflowSource } from '../workflow/index.ts';
import { NEEDS, REPORT, REPORT_FILE, RUN_STEP } from './elsewhere.ts';
import { bring, type FileImage, type FilePlace, type Files, filesFrom } from './files.ts';
import { BuildState } from './state.ts';
import { walkFiles } from './tree.ts';

/** What the work itself is told, on the machine that does it. */
export interface ErrandPlace extends FilePlace {
  readonly tools: StepTools;
  readonly request: RunRequest;
  readonly about: JsonObject;
  /** Of a build: files of the checkout, before anything ran in it. */
  readonly checkout: ReadonlySet<string>;
}

export interface Done {
  readonly exit: number;
  /** What goes back beside the exit status. */
  readonly tells: JsonObject;
  /** Files that go back, with what the store there has of them or the work tree. */
  readonly files: Files;
}

/**
 * The other side of {@link Elsewhere}: in the checkout, what has to be there first, the work, and what it tells. Kinds
 * of it are sources of workflows, so that a mesh runs them as it runs any.
 */
export function errandSource(kind: string, work: (place: ErrandPlace) => Promise<Done>): WorkflowSource {
  return {
    kind,
    find: async () => [],
    async load(request, { root }) {
      const { about, prepare, needs, timeoutMs } = request.options;
      if (!isJsonObject(about) || !isTexts(prepare))
        throw new BitError('integrity', 'an errand without its work');
      const files = filesFrom(needs);
      const checkout = new Set(kind === 'build' ? walkFiles(root, '') : []);
      const run: Step = {
        id: RUN_STEP,
        title: request.workflow,
        timeoutMs: () => (typeof timeoutMs === 'number' ? timeoutMs : undefined),
        prepare: () => ({
          kind: 'native',
          async run(tools) {
            const store = { directory: join(tools.state.runDirectory, 'store') };
            const place = { root, store, state: new BuildState(root, tools.state.runDirectory) };
            await placeNeeds(tools, place, files);
            await perform(work, { ...place, tools, request, about, checkout });
          },
        }),
      };
      const first = prepare.map(
        (command, at): Step => ({
          id: `prepare-${at + 1}`,
          title: command,
          prepare: () => ({ kind: 'process', argv: ['/bin/sh', '-c', command], env: {}, files: {} }),
        }),
      );
      return {
        name: request.workflow,
        jobs: [
          {
            id: 'run',
            title: request.workflow,
            needs: [],
            plan: () => ({ kind: 'steps', env: { ...request.env }, steps: [...first, run] }),
          },
        ],
      };
    },
  };
}

async function perform(work: (place: ErrandPlace) => Promise<Done>, place: ErrandPlace): Promise<void> {
  const { tools, root } = place;
  const { exit, tells, files } = await work(place);
  const timeout = tools.signal.aborted;
  const folder = join(tools.state.runDirectory, REPORT);
  makeDirectory(folder);
  const report = join(folder, REPORT_FILE);
  writeFileSync(report, JSON.stringify({ ...tells, exit, ...(timeout ? { timeout } : {}) }));
  const sent = new Map<string, string>([[REPORT_FILE, report]]);
  for (const [path, image] of files)
    if (image !== null) sent.set(image.sha256, sentFrom(place, join(root, path), image));
  await tools.artifacts.put(
    REPORT,
    [...sent].map(([path, from]) => ({ path, from })),
  );
  if (exit !== 0)
    throw new BitError('failed', timeout ? 'it took longer than it may' : `exit status ${exit}`);
}

/** A link goes as the text it is, which the store has. */
function sentFrom({ store }: FilePlace, path: string, { kind, sha256 }: FileImage): string {
  return kind === 'l' ? contentPath(store, sha256) : path;
}

async function placeNeeds(tools: StepTools, place: FilePlace, needs: Files): Promise<void> {
  if (needs.size === 0) return;
  const folder = join(tools.state.runDirectory, NEEDS);
  const { files } = await tools.artifacts.get(NEEDS, folder);
  for (const { path } of files) putFile(place.store, join(folder, path));
  const missing = bring(place, needs);
  if (missing !== undefined)
    throw new BitError('not-found', `${missing} of what it needs did not come along`);
}

function isTexts(value: Json | undefined): value is readonly string[] & Json {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
