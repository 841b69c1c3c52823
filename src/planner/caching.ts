import { BitError } from '../kernel/errors.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { type JobText, pairOf, readWorkflowText, type StepText, type WorkflowText } from './text.ts';

export interface Cached {
  readonly job: string;
  /** Its place in the job, 0 the first. */
  readonly step: number;
  /** The step that downloads, whose time it may save. */
  readonly helps: number;
  readonly title: string;
  readonly because: string;
  readonly text: string;
}

interface Manager {
  /** What the setup action takes in `with.cache`. */
  readonly cache: string;
  /** Files whose digest is the key; one has to be there. */
  readonly files: readonly string[];
  readonly commands: RegExp;
}

/** Actions that keep a package manager's downloads where they are told to (their READMEs, `cache`). */
const SETUPS: Readonly<Record<string, readonly Manager[]>> = {
  'actions/setup-node': [
    { cache: 'pnpm', files: ['pnpm-lock.yaml'], commands: /\bpnpm\s+(?:i|install)\b/ },
    { cache: 'yarn', files: ['yarn.lock'], commands: /\byarn(?:\s+install|\s*$)/m },
    {
      cache: 'npm',
      files: ['package-lock.json', 'npm-shrinkwrap.json'],
      commands: /\bnpm\s+(?:ci|i|install)\b/,
    },
  ],
  'actions/setup-python': [
    { cache: 'poetry', files: ['poetry.lock'], commands: /\bpoetry\s+install\b/ },
    { cache: 'pipenv', files: ['Pipfile.lock'], commands: /\bpipenv\s+(?:install|sync)\b/ },
    {
      cache: 'pip',
      files: ['requirements.txt', 'requirements-dev.txt', 'pyproject.toml'],
      commands: /\bpip3?\s+install\b/,
    },
  ],
  'actions/setup-java': [
    { cache: 'maven', files: ['pom.xml'], commands: /\b(?:mvn|mvnw)\b/ },
    { cache: 'gradle', files: ['build.gradle', 'build.gradle.kts'], commands: /\b(?:gradle|gradlew)\b/ },
  ],
};

/**
 * Setup actions told to keep what the package manager of the job downloads. Only where the job runs that manager, the
 * tree has the file that keys the cache, and nothing caches it yet.
 */
export function cacheDownloads(file: WorkflowText, has: (path: string) => boolean): Cached | undefined {
  if (file.kind !== 'github' || file.fixed !== undefined) return undefined;
  for (const job of file.jobs) {
    if (job.steps.some(({ value }) => /^actions\/cache(?:\/\w+)?@/.test(String(value['uses'] ?? ''))))
      continue;
    for (const [at, step] of job.steps.entries()) {
      const made = cachedBy(file, job, at, step, has);
      if (made !== undefined) return made;
    }
  }
  return undefined;
}

function cachedBy(
  file: WorkflowText,
  job: JobText,
  at: number,
  step: StepText,
  has: (path: string) => boolean,
): Cached | undefined {
  const action = String(step.value['uses'] ?? '').split('@')[0] ?? '';
  const managers = Object.hasOwn(SETUPS, action) ? (SETUPS[action] ?? []) : [];
  const given = step.value['with'];
  // a lockfile elsewhere, or one of the author's own, asks for more than this knows
  if (given !== undefined && !isJsonObject(given)) return undefined;
  if (['cache', 'cache-dependency-path', 'package-manager-cache'].some((key) => given?.[key] !== undefined))
    return undefined;
  for (const { cache, files, commands } of managers) {
    const lockfile = files.find(has);
    const helps = job.steps.findIndex(
      ({ value }, place) =>
        place > at && commands.test(String(value['run'] ?? '')) && value['working-directory'] === undefined,
    );
    if (lockfile === undefined || helps < 0) continue;
    const text = withKey(file, job, at, step, cache);
    if (text === undefined) return undefined;
    return {
      job: job.id,
      step: at,
      helps,
      title: `${job.id}: ${action} keeps what ${cache} downloads`,
      because: `${lockfile} keys it: the downloads are the same as long as it is`,
      text,
    };
  }
  return undefined;
}

/** `with: { cache: … }` added as a line. */
function withKey(
  file: WorkflowText,
  job: JobText,
  at: number,
  { node, value }: StepText,
  cache: string,
): string | undefined {
  const { document, text } = file;
  const pair = pairOf(document, node, 'with');
  const line = (offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;
  let made: string | undefined;
  if (pair === undefined) {
    const uses = pairOf(document, node, 'uses');
    const from = uses?.key.range?.[0];
    const to = uses?.value?.range?.[1];
    if (from === undefined || to === undefined) return undefined;
    const indent = ' '.repeat(from - line(from));
    const end = text.indexOf('\n', to);
    const cut = end < 0 ? text.length : end;
    made = `${text.slice(0, cut)}\n${indent}with:\n${indent}  cache: ${cache}${text.slice(cut)}`;
  } else if (document.library.isMap(pair.value) && pair.value.flow !== true) {
    const first = (pair.value.items[0]?.key as { range?: [number, number, number] } | undefined)?.range?.[0];
    if (first === undefined) return undefined;
    made = `${text.slice(0, first)}cache: ${cache}\n${' '.repeat(first - line(first))}${text.slice(first)}`;
  }
  if (made === undefined) return undefined;
  const given = isJsonObject(value['with']) ? value['with'] : {};
  const steps = job.steps.map(
    (one, place): Json => (place === at ? { ...one.value, with: { ...given, cache } } : one.value),
  );
  const jobs = { ...(file.value['jobs'] as JsonObject), [job.id]: { ...job.value, steps } };
  try {
    const again = readWorkflowText(file.path, file.kind, made);
    return canonicalJson(again.value) === canonicalJson({ ...file.value, jobs }) ? made : undefined;
  } catch (error) {
    if (error instanceof BitError) return undefined;
    throw error;
  }
}
