import { selects } from '../github-workflow/index.ts';
import { BitError } from '../kernel/errors.ts';
import { nearest } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import type { FlowSpecification } from '../specification/index.ts';
import type { Facts } from './condition.ts';

/** What happened, as the command line says it; the repository says the rest. */
export interface OccasionRequest {
  readonly event: string | undefined;
  readonly branch: string | undefined;
  readonly tag: string | undefined;
  readonly labels: readonly string[];
  /** Paths that changed; undefined to ask git. */
  readonly changed: readonly string[] | undefined;
  /** What changed since this revision. */
  readonly since: string | undefined;
  readonly fork: boolean;
}

export interface Occasion {
  readonly event: string;
  readonly branch: string | null;
  readonly tag: string | null;
  readonly ref: string | null;
  readonly sha: string | null;
  readonly actor: string | null;
  readonly labels: readonly string[];
  readonly changed: readonly string[] | null;
  readonly isFork: boolean;
}

export const EVENT_NAMES = [
  'push',
  'pull_request',
  'merge',
  'tag',
  'release',
  'issue',
  'schedule',
  'manual',
] as const;
const MOST_CHANGED = 20_000;

/** @throws BitError `usage` for an event there isn't, `not-found` for a revision that isn't there */
export async function readOccasion(reader: Reader, request: OccasionRequest): Promise<Occasion> {
  const event = request.event === 'workflow_dispatch' ? 'manual' : (request.event ?? 'manual');
  if (!EVENT_NAMES.some((name) => name === event)) {
    const near = nearest(event, EVENT_NAMES);
    throw new BitError('usage', `there is no event ${event}`, {
      hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `one of ${EVENT_NAMES.join(', ')}`,
    });
  }
  const head = await reader.git.head();
  const tag = request.tag ?? null;
  const branch =
    request.branch ?? (tag === null && 'ref' in head ? head.ref.replace(/^refs\/heads\//, '') : null);
  const ref = tag !== null ? `refs/tags/${tag}` : branch === null ? null : `refs/heads/${branch}`;
  return {
    event,
    branch,
    tag,
    ref,
    sha: 'oid' in head ? head.oid : null,
    actor: (await reader.git.config('user.name')) ?? null,
    labels: request.labels,
    changed: request.changed ?? (await changedFiles(reader, request.since)),
    isFork: request.fork,
  };
}

/** What the last commit and the work tree changed, or everything since a revision. */
async function changedFiles(reader: Reader, since: string | undefined): Promise<readonly string[] | null> {
  const from = await reader.git.resolve(since ?? 'HEAD^', 'commit');
  if (from === undefined) {
    if (since === undefined) return null;
    throw new BitError('not-found', `there is no commit ${since}`);
  }
  const { stdout } = await reader.git.read(['diff', '--name-only', '-z', '--no-renames', from, '--']);
  return stdout
    .split('\0')
    .filter((path) => path !== '')
    .slice(0, MOST_CHANGED);
}

export function factsOf(occasion: Occasion, flow: string, profile: string | null): Facts {
  const { event, branch, tag, ref, sha, actor, labels, changed, isFork } = occasion;
  return {
    event,
    branch,
    tag,
    ref,
    sha,
    actor,
    label: labels,
    labels,
    isFork,
    'files.changed': changed,
    flow,
    profile,
  };
}

export interface Verdict {
  readonly starts: boolean;
  readonly because: string;
}

interface Filter {
  readonly branches?: readonly string[];
  readonly 'branches-ignore'?: readonly string[];
  readonly tags?: readonly string[];
  readonly 'tags-ignore'?: readonly string[];
  readonly paths?: readonly string[];
  readonly 'paths-ignore'?: readonly string[];
}

/** Whether a flow's `on` asks for what happened. By hand every flow can be started. */
export function startsOn({ on }: FlowSpecification, occasion: Occasion): Verdict {
  const { event } = occasion;
  if (event === 'manual') return { starts: true, because: 'started by hand' };
  if (on === undefined) return { starts: false, because: 'it is only started by hand' };
  const names =
    typeof on === 'string' ? [on] : Array.isArray(on) ? (on as readonly string[]) : Object.keys(on);
  if (!names.includes(event))
    return { starts: false, because: `it runs on ${names.join(', ')}, not on ${event}` };
  const filter =
    typeof on === 'object' && !Array.isArray(on)
      ? (on as Readonly<Record<string, unknown>>)[event]
      : undefined;
  if (event === 'schedule' || filter === undefined || typeof filter !== 'object' || filter === null)
    return { starts: true, because: `it runs on ${event}` };
  const against = refused(filter as Filter, occasion);
  return against === undefined
    ? {
        starts: true,
        because: `it runs on ${event}${occasion.branch === null ? '' : ` to ${occasion.branch}`}`,
      }
    : { starts: false, because: against };
}

function refused(filter: Filter, { branch, tag, changed }: Occasion): string | undefined {
  const { branches, tags, paths } = filter;
  if (tag !== null) {
    if (tags !== undefined && !selects(tags, tag)) return `the tag ${tag} is none of its tags`;
    if (filter['tags-ignore'] !== undefined && selects(filter['tags-ignore'], tag))
      return `the tag ${tag} is in its tags-ignore`;
    return tags === undefined && branches !== undefined ? 'it names branches only' : undefined;
  }
  if (branches !== undefined && (branch === null || !selects(branches, branch)))
    return branch === null
      ? 'it names branches, and there is none'
      : `the branch ${branch} is none of its branches (${branches.join(', ')})`;
  if (
    branch !== null &&
    filter['branches-ignore'] !== undefined &&
    selects(filter['branches-ignore'], branch)
  )
    return `the branch ${branch} is in its branches-ignore`;
  if (branches === undefined && tags !== undefined) return 'it names tags only';
  if (changed === null) return undefined;
  if (paths !== undefined && !changed.some((path) => selects(paths, path)))
    return 'no file that changed is in its paths';
  const ignored = filter['paths-ignore'];
  if (ignored !== undefined && changed.every((path) => selects(ignored, path)))
    return 'every file that changed is in its paths-ignore';
  return undefined;
}

export interface PushOn {
  readonly event?: string;
  readonly branch?: string;
  readonly always?: boolean;
}

/** Whether what was built is pushed: never where nothing is said. */
export function pushes(
  pushOn: PushOn | undefined,
  occasion: Occasion,
): { readonly push: boolean; readonly because: string } {
  if (pushOn === undefined) return { push: false, because: 'no pushOn' };
  if (pushOn.always === true) return { push: true, because: 'always' };
  const { event, branch } = pushOn;
  if (event === undefined && branch === undefined) return { push: false, because: 'always is false' };
  const wanted = event === 'workflow_dispatch' ? 'manual' : event;
  if (wanted !== undefined && wanted !== occasion.event)
    return { push: false, because: `only on ${wanted}, and this is ${occasion.event}` };
  if (branch !== undefined && (occasion.branch === null || !selects([branch], occasion.branch)))
    return { push: false, because: `only on branch ${branch}, and this is ${occasion.branch ?? 'none'}` };
  return { push: true, because: [event, branch].filter((one) => one !== undefined).join(' to ') };
}
