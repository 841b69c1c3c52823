import type { GitReader } from '../git/index.ts';
import type { SpooledEvent } from '../hooks/index.ts';
import { isBitError } from '../kernel/errors.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { shorten } from '../kernel/text.ts';
import { EVENTS, type EventName, type TriggerEvent } from './model.ts';

const OID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** Files of a commit that are told of. */
const MOST_FILES = 2000;

/** What happened, with what git tells of it; undefined for what is no event of triggers, or no longer there. */
export async function eventOf(git: GitReader, spooled: SpooledEvent): Promise<TriggerEvent | undefined> {
  const name = EVENTS.find((event) => event === spooled.name);
  if (name === undefined) return undefined;
  const base = { name, operation: spooled.operation, branches: [], tags: [], files: [], kind: undefined };
  const { facts } = spooled;
  const refs = textsOf(facts['refs']);
  switch (name) {
    case 'commit':
    case 'merge':
      return commitEvent(git, { ...base, refs });
    case 'push':
      return pushEvent({ ...base, refs, remote: textsOf(facts['words'])[0] ?? '' });
    case 'tag':
      return tagEvent({ ...base, refs });
    default:
      return {
        ...base,
        files: name === 'file' ? textsOf(facts['files']) : [],
        kind: typeof facts['kind'] === 'string' ? facts['kind'] : undefined,
        ...(Array.isArray(facts['only']) ? { only: textsOf(facts['only']) } : {}),
        ...(Array.isArray(facts['never']) ? { never: textsOf(facts['never']) } : {}),
        facts: { name, ...told(facts) },
      };
  }
}

type Base = Omit<TriggerEvent, 'facts'> & { readonly refs: readonly string[] };

async function commitEvent(git: GitReader, { refs, ...base }: Base): Promise<TriggerEvent | undefined> {
  const [oid = '', ref = ''] = refs;
  if (!OID.test(oid)) return undefined;
  const branch = branchOf(ref);
  try {
    const { stdout } = await git.read([
      ...['show', '-z', '--no-patch', '--format=%P%x00%an <%ae>%x00%s%x00', oid, '--'],
    ]);
    const [parents = '', author = '', subject = ''] = stdout.split('\0');
    const first = parents.split(' ')[0] ?? '';
    const list =
      first === ''
        ? ['ls-tree', '-r', '-z', '--name-only', oid]
        : ['diff-tree', '-r', '-z', '--no-renames', '--name-only', first, oid];
    const files = (await git.read(list)).stdout.split('\0').filter((path) => path !== '');
    const facts = { commit: oid, branch: branch ?? null, author, subject: shorten(subject, 500) };
    // a merge that had conflicts is concluded by a commit
    const name: EventName = base.name === 'commit' && parents.includes(' ') ? 'merge' : base.name;
    return {
      ...base,
      name,
      files,
      branches: branch === undefined ? [] : [branch],
      facts: { name, ...facts, files: files.slice(0, MOST_FILES) },
    };
  } catch (error) {
    // it is gone: amended away and collected
    if (isBitError(error)) return undefined;
    throw error;
  }
}

/** Lines of git's pre-push: local ref, its commit, remote ref, what is there. */
function pushEvent({ refs, remote, ...base }: Base & { readonly remote: string }): TriggerEvent | undefined {
  const pushed = refs.flatMap((line): JsonObject[] => {
    const [, commit = '', ref = '', before = ''] = line.split(' ');
    if (!OID.test(commit) || !OID.test(before)) return [];
    return [{ ref, commit, before, deleted: /^0+$/.test(commit) }];
  });
  if (pushed.length === 0) return undefined;
  const named = pushed.flatMap(({ ref }) => (typeof ref === 'string' ? [ref] : []));
  const branches = named.flatMap((ref) => branchOf(ref) ?? []);
  const facts = {
    remote: remoteName(remote),
    branch: branches[0] ?? null,
    commit: pushed[0]?.['commit'] ?? null,
    refs: pushed,
  };
  return { ...base, branches, tags: named.flatMap(tagOf), facts: { name: base.name, ...facts } };
}

/** A remote that is an address may hold a password. */
function remoteName(remote: string): string {
  return /^[A-Za-z0-9_./-]{1,200}$/.test(remote) ? remote : '';
}

/** Lines of git's reference-transaction: before, after, ref. One that is deleted is none. */
function tagEvent({ refs, ...base }: Base): TriggerEvent | undefined {
  const made = refs.flatMap((line): { tag: string; commit: string }[] => {
    const [, oid = '', ref = ''] = line.split(' ');
    return OID.test(oid) && !/^0+$/.test(oid) ? tagOf(ref).map((tag) => ({ tag, commit: oid })) : [];
  });
  const [first] = made;
  if (first === undefined) return undefined;
  const tags = made.map(({ tag }) => tag);
  return { ...base, tags, facts: { name: base.name, tag: first.tag, commit: first.commit, tags } };
}

function branchOf(ref: string): string | undefined {
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length).trim() : undefined;
}

function tagOf(ref: string): readonly string[] {
  return ref.startsWith('refs/tags/') ? [ref.slice('refs/tags/'.length).trim()] : [];
}

function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Without what only steers which triggers it is for. */
function told({ only: _, never: __, ...facts }: JsonObject): JsonObject {
  return facts;
}
