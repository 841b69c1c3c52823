import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Reader } from '../operation/index.ts';

/** What a run is told about itself: the `github` context but for what changes from job to job. */
export interface EventFacts {
  readonly name: string;
  readonly payload: JsonObject;
  readonly ref: string;
  readonly sha: string;
  readonly repository: string;
  readonly actor: string;
  readonly serverUrl: string;
  readonly headRef: string;
  readonly baseRef: string;
  readonly defaultBranch: string;
}

const MOST_PAYLOAD = 10 * 1024 * 1024;

export interface EventOptions {
  readonly event?: string | undefined;
  /** Path of a JSON file: the webhook's payload. Its members come over those made up from the repository. */
  readonly payload?: string | undefined;
  readonly inputs?: Readonly<Record<string, string>>;
}

/** The event a run pretends to be started by, from the repository as it stands and the payload given. */
export async function readEvent(reader: Reader, options: EventOptions): Promise<EventFacts> {
  const given = options.payload === undefined ? {} : readPayload(resolve(reader.cwd, options.payload));
  const head = await reader.git.head();
  const branch = head.kind === 'detached' ? undefined : head.ref.replace(/^refs\/heads\//, '');
  const sha = (await reader.git.resolve('HEAD', 'commit')) ?? reader.git.zeroOid;
  const origin = await originOf(reader);
  const repository = origin?.name ?? `local/${reader.git.paths.root?.split('/').at(-1) ?? 'repository'}`;
  const serverUrl = origin?.server ?? 'https://github.com';
  const defaultBranch = await defaultBranchOf(reader, branch);
  const actor = (await reader.git.config('user.name')) ?? reader.env['USER'] ?? 'local';
  const name = options.event ?? 'push';
  const ref = branch === undefined ? sha : `refs/heads/${branch}`;
  const facts = { name, ref, sha, repository, actor, serverUrl, defaultBranch, branch: branch ?? sha };
  const payload = { ...(await madeUp(reader, facts)), ...inputsOf(options.inputs), ...given };
  const pull = isJsonObject(payload['pull_request']) ? payload['pull_request'] : undefined;
  return {
    name,
    payload,
    ref: typeof payload['ref'] === 'string' && name === 'push' ? payload['ref'] : ref,
    sha: typeof payload['after'] === 'string' && name === 'push' ? payload['after'] : sha,
    repository: textIn(payload, 'repository', 'full_name') ?? repository,
    actor: textIn(payload, 'sender', 'login') ?? actor,
    serverUrl,
    headRef: textIn(pull, 'head', 'ref') ?? '',
    baseRef: textIn(pull, 'base', 'ref') ?? '',
    defaultBranch,
  };
}

function readPayload(path: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new BitError('not-found', `there is no payload ${path}`, { cause });
  }
  if (text.length > MOST_PAYLOAD)
    throw new BitError('usage', `${path} is larger than ${MOST_PAYLOAD >> 20} MiB`);
  try {
    const value = JSON.parse(text) as Json;
    if (isJsonObject(value)) return value;
  } catch (cause) {
    throw new BitError('usage', `${path} is not JSON`, { cause });
  }
  throw new BitError('usage', `${path} holds no JSON object, which an event's payload is`);
}

function inputsOf(inputs: Readonly<Record<string, string>> | undefined): JsonObject {
  return inputs === undefined || Object.keys(inputs).length === 0 ? {} : { inputs: { ...inputs } };
}

interface Facts {
  readonly name: string;
  readonly ref: string;
  readonly sha: string;
  readonly branch: string;
  readonly repository: string;
  readonly actor: string;
  readonly serverUrl: string;
  readonly defaultBranch: string;
}

/** The members of a payload that the repository itself tells. */
async function madeUp(reader: Reader, facts: Facts): Promise<JsonObject> {
  const [owner = '', name = ''] = facts.repository.split('/');
  const general: JsonObject = {
    repository: {
      full_name: facts.repository,
      name,
      owner: { login: owner, name: owner },
      default_branch: facts.defaultBranch,
      html_url: `${facts.serverUrl}/${facts.repository}`,
      fork: false,
      private: false,
    },
    sender: { login: facts.actor },
  };
  if (facts.name === 'pull_request' || facts.name === 'pull_request_target') {
    const repo = { full_name: facts.repository, fork: false };
    return {
      ...general,
      action: 'synchronize',
      number: 0,
      pull_request: {
        number: 0,
        draft: false,
        title: '',
        head: { ref: facts.branch, sha: facts.sha, repo },
        base: { ref: facts.defaultBranch, repo },
      },
    };
  }
  if (facts.name !== 'push') return general;
  const zero = reader.git.zeroOid;
  const commit = facts.sha === zero ? undefined : await reader.git.commit(facts.sha);
  const shown: Json =
    commit === undefined
      ? null
      : {
          id: facts.sha,
          message: [commit.subject, commit.body].filter((text) => text !== '').join('\n\n'),
          timestamp: commit.author.date,
          author: { name: commit.author.name, email: commit.author.email },
        };
  return {
    ...general,
    ref: facts.ref,
    before: commit?.parents[0] ?? zero,
    after: facts.sha,
    created: false,
    deleted: false,
    forced: false,
    head_commit: shown,
    commits: shown === null ? [] : [shown],
    pusher: { name: facts.actor },
  };
}

async function originOf(
  reader: Reader,
): Promise<{ readonly name: string; readonly server: string } | undefined> {
  const remotes = await reader.git.remotes();
  const remote = remotes.find(({ name }) => name === 'origin') ?? remotes[0];
  const found =
    /^(?:(?:https?|ssh|git):\/\/)?(?:[^@/]*@)?([^/:]+)(?::\d+)?[/:]([^/]+\/[^/]+?)(?:\.git)?\/?$/.exec(
      remote?.fetch ?? '',
    );
  const [, server, name] = found ?? [];
  return server === undefined || name === undefined ? undefined : { name, server: `https://${server}` };
}

async function defaultBranchOf(reader: Reader, branch: string | undefined): Promise<string> {
  const refs = await reader.git.refs(['refs/remotes/origin/', 'refs/heads/']);
  const names = new Set(refs.map(({ name }) => name.replace(/^refs\/(remotes\/origin|heads)\//, '')));
  return ['main', 'master'].find((name) => names.has(name)) ?? branch ?? 'main';
}

function textIn(object: Json | undefined, ...path: readonly string[]): string | undefined {
  let at: Json | undefined = object;
  for (const name of path) at = isJsonObject(at) ? at[name] : undefined;
  return typeof at === 'string' ? at : undefined;
}

/** `main` of `refs/heads/main`. */
export function shortRef(ref: string): string {
  return ref.replace(/^refs\/(heads|tags)\//, '').replace(/^refs\/pull\//, '');
}

/** The `github` context as a workflow's jobs see it, but for what is the runner's. */
export function githubContext(
  event: EventFacts,
  workflow: { readonly name: string; readonly path: string },
  run: JsonObject = {},
): JsonObject {
  const [owner = ''] = event.repository.split('/');
  return {
    event: event.payload,
    event_name: event.name,
    ref: event.ref,
    ref_name: shortRef(event.ref),
    ref_type: event.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: false,
    sha: event.sha,
    head_ref: event.headRef,
    base_ref: event.baseRef,
    repository: event.repository,
    repository_owner: owner,
    repositoryUrl: `git://github.com/${event.repository}.git`,
    actor: event.actor,
    triggering_actor: event.actor,
    workflow: workflow.name,
    workflow_ref: `${event.repository}/${workflow.path}@${event.ref}`,
    workflow_sha: event.sha,
    server_url: event.serverUrl,
    api_url:
      event.serverUrl === 'https://github.com' ? 'https://api.github.com' : `${event.serverUrl}/api/v3`,
    graphql_url:
      event.serverUrl === 'https://github.com'
        ? 'https://api.github.com/graphql'
        : `${event.serverUrl}/api/graphql`,
    run_id: '1',
    run_number: '1',
    run_attempt: '1',
    retention_days: '90',
    secret_source: 'None',
    token: '',
    ...run,
  };
}

const OS: Readonly<Record<string, string>> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };
const ARCH: Readonly<Record<string, string>> = { x64: 'X64', ia32: 'X86', arm: 'ARM', arm64: 'ARM64' };

/** What is known of the runner before it runs. */
export function runnerFacts(): { readonly os: string; readonly arch: string } {
  return {
    os: OS[process.platform] ?? process.platform,
    arch: ARCH[process.arch] ?? process.arch.toUpperCase(),
  };
}
