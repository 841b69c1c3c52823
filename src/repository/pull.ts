import type { Oid, Ref, RefName } from '../git/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { receiveAlong } from '../transparency/index.ts';
import { fetchRemote } from './fetched.ts';
import { branchesElsewhere, HEADS, listed, requireBranch, requireOnBranch, shortBranch } from './lookup.ts';
import { stateFiles } from './merge-state.ts';
import { type Combining, takeIn } from './take-in.ts';
import {
  defaultRemote,
  type RemoteSettings,
  readRemoteSettings,
  requireRemote,
  trackingRef,
} from './upstream.ts';

export interface PullOptions {
  /** A branch, `all`, or undefined for the one HEAD is on. */
  readonly branch: string | undefined;
  readonly source: string | undefined;
  /** How branches that both moved come together; undefined: as git is configured, else not at all. */
  readonly how: Combining | undefined;
}

export interface PulledBranch {
  readonly branch: string;
  readonly upstream: string;
  readonly before: Oid;
  readonly after: Oid;
  readonly state:
    | 'up-to-date'
    | 'updated'
    | 'rebased'
    | 'merged'
    /** Both sides have commits; of all branches such a one is left alone. */
    | 'diverged'
    /** Local changes are in the way. */
    | 'blocked'
    | 'elsewhere'
    | 'gone';
}

export interface PullResult {
  readonly remotes: readonly string[];
  readonly branches: readonly PulledBranch[];
}

interface Following {
  readonly ref: RefName;
  readonly oid: Oid;
  readonly remote: string;
  /** Name over there. */
  readonly merge: RefName;
  readonly tracking: RefName | undefined;
}

/** Fetches, then brings one branch, or every one that tracks something, up to what it tracks. */
export async function pull(reader: Reader, options: PullOptions): Promise<Effect<PullResult>> {
  const { git } = reader;
  const [settings, head] = await Promise.all([readRemoteSettings(git), git.head()]);
  const all = options.branch === 'all';
  if (all && options.how !== undefined && options.how !== 'ff-only') {
    throw new BitError('usage', 'all branches are only fast-forwarded: --rebase and --merge go with one');
  }
  const following = all ? await every(reader, settings, options) : [await one(reader, settings, options)];
  const remotes = [...new Set(following.map(({ remote }) => remote))];
  const shown = remotes.map(maskSecrets);
  const current = head.kind === 'branch' ? following.find(({ ref }) => ref === head.ref) : undefined;
  const names = following.map(({ ref }) => shortBranch(ref));
  const how = all ? 'ff-only' : (options.how ?? configured(settings, names[0] ?? ''));
  const word = how === undefined || how === 'ff-only' ? 'fast-forward' : how === 'merge' ? 'merge' : 'rebase';
  return {
    summary: `pull ${all ? `${names.length} branches` : (names[0] ?? '')} from ${shown.join(', ')}`,
    target: { branches: names, remotes: shown, how: how ?? 'ff-only', all },
    plan: [
      ...shown.map((remote) => `fetch ${remote}`),
      ...following.map(
        ({ ref, remote, merge }) =>
          `${word} ${shortBranch(ref)} to ${shortBranch(merge)} of ${maskSecrets(remote)}`,
      ),
    ],
    touches: {
      refs: following.flatMap(({ ref, tracking }) => (tracking === undefined ? [ref] : [ref, tracking])),
      rewrites: true,
      ...(current === undefined ? {} : { index: true, worktree: 'tracked', files: stateFiles(git.paths) }),
    },
    async run(writer) {
      const out = await run(writer, { following, remotes, how, all });
      for (const remote of remotes) if (remote !== '.') await receiveAlong(writer, remote);
      return out;
    },
    record: (out) => ({
      branches: out.branches
        .slice(0, 100)
        .map(({ branch, before, after, state }) => ({ branch, before, after, state })),
    }),
  };
}

interface Work {
  readonly following: readonly Following[];
  readonly remotes: readonly string[];
  readonly how: Combining | undefined;
  readonly all: boolean;
}

async function run(writer: Writer, work: Work): Promise<PullResult> {
  const { git } = writer;
  const addressed = work.following.filter(({ tracking }) => tracking === undefined);
  for (const remote of work.remotes) {
    const direct = addressed.filter((item) => item.remote === remote).map(({ merge }) => merge);
    await fetchRemote(writer, remote, maskSecrets(remote), direct);
  }
  const fetched = addressed.length === 0 ? undefined : await git.resolve('FETCH_HEAD');
  const [refs, elsewhere, head] = await Promise.all([git.refs(), branchesElsewhere(git), git.head()]);
  const known = new Map(refs.map((ref) => [ref.name, ref.oid]));
  const branches: PulledBranch[] = [];
  for (const item of work.following) {
    const theirs = item.tracking === undefined ? fetched : known.get(item.tracking);
    const here = head.kind === 'branch' && head.ref === item.ref && git.paths.root !== undefined;
    branches.push(
      await bring(writer, work, { item, theirs, here, elsewhere: elsewhere.has(item.ref) && !here }),
    );
  }
  return { remotes: work.remotes.map(maskSecrets), branches };
}

async function bring(
  writer: Writer,
  work: Work,
  at: {
    readonly item: Following;
    readonly theirs: Oid | undefined;
    readonly here: boolean;
    readonly elsewhere: boolean;
  },
): Promise<PulledBranch> {
  const { git } = writer;
  const { ref, oid: before, remote, merge } = at.item;
  const branch = shortBranch(ref);
  const upstream = `${maskSecrets(remote)}/${shortBranch(merge)}`;
  const told = (state: PulledBranch['state'], after = before): PulledBranch => ({
    branch,
    upstream,
    before,
    after,
    state,
  });
  if (at.theirs === undefined) {
    if (work.all) return told('gone');
    throw new BitError('not-found', `${printable(upstream)} is not there any more`, {
      hint: 'see: bit branch',
    });
  }
  if (at.here) {
    const how = work.how ?? 'ff-only';
    const taken = await takeIn(writer, { ours: before, theirs: at.theirs, how, autostash: false }).catch(
      (error: unknown) => {
        if (work.all && isBitError(error, 'conflict')) return { state: 'blocked' as const, after: before };
        throw error;
      },
    );
    if (taken.state === 'stopped') throw await giveUp(writer, work.how, { upstream, ...taken });
    if (taken.state === 'diverged' && !work.all) throw diverged(branch, upstream);
    return told(taken.state, taken.after);
  }
  const base = await git.mergeBase(before, at.theirs);
  if (base === at.theirs) return told('up-to-date');
  if (base !== before) {
    if (work.all) return told('diverged');
    throw diverged(branch, upstream, `go there first: bit branch switch ${printable(branch)}`);
  }
  if (at.elsewhere) return told('elsewhere');
  await git.updateRefs(
    [{ name: ref, to: at.theirs, from: before }],
    `bit ${writer.operation}: pull: fast-forward`,
  );
  return told('updated', at.theirs);
}

function diverged(branch: string, upstream: string, hint = 'say how: --rebase or --merge'): BitError {
  return new BitError(
    'conflict',
    `${printable(branch)} and ${printable(upstream)} both have commits of their own`,
    { hint },
  );
}

async function giveUp(
  writer: Writer,
  how: Combining | undefined,
  at: { readonly upstream: string; readonly conflicts: readonly string[]; readonly error: unknown },
): Promise<unknown> {
  const verb = how === 'merge' ? 'merge' : 'rebase';
  // 128 where it never began
  await writer.git.run([verb, '--abort'], { accept: [0, 128] });
  if (at.conflicts.length === 0) return at.error;
  return new BitError(
    'conflict',
    `${printable(at.upstream)} conflicts with what is here in ${listed(at.conflicts)}`,
    {
      hint: 'fetched, and the branch is as before; to resolve it in the files: bit sync from',
      details: { conflicts: at.conflicts },
    },
  );
}

/** What git's own settings say of branches that both moved. */
export function configured(settings: RemoteSettings, branch: string): Combining | undefined {
  const rebase = settings.branches.get(branch)?.rebase ?? settings.pull.rebase;
  if (rebase !== undefined && /^m(erges)?$/i.test(rebase)) return 'rebase-merges';
  if (rebase !== undefined && !/^(false|no|off|0)$/i.test(rebase)) return 'rebase';
  if (settings.pull.ff === 'only') return 'ff-only';
  return rebase === undefined ? undefined : 'merge';
}

async function one(reader: Reader, settings: RemoteSettings, options: PullOptions): Promise<Following> {
  const branch =
    options.branch === undefined
      ? await requireOnBranch(reader.git, 'pull')
      : refOf(await requireBranch(reader.git, options.branch));
  return follow(settings, branch, options.source, reader.cwd);
}

function refOf({ name, oid }: Ref): { readonly ref: RefName; readonly oid: Oid } {
  return { ref: name, oid };
}

export function follow(
  settings: RemoteSettings,
  { ref, oid }: { readonly ref: RefName; readonly oid: Oid },
  source: string | undefined,
  cwd: string,
): Following {
  const branch = shortBranch(ref);
  const own = settings.branches.get(branch);
  const remote =
    source === undefined ? defaultRemote(settings, branch, 'fetch') : requireRemote(settings, source, cwd);
  const merge = own?.remote === remote && own.merge !== undefined ? own.merge : `${HEADS}${branch}`;
  const tracking = remote === '.' ? merge : trackingRef(settings, remote, merge);
  return { ref, oid, remote, merge, tracking };
}

/** Every branch that tracks something, of one remote where `source` names it. */
async function every(reader: Reader, settings: RemoteSettings, options: PullOptions): Promise<Following[]> {
  const source =
    options.source === undefined ? undefined : requireRemote(settings, options.source, reader.cwd);
  const refs = await reader.git.refs([HEADS]);
  const found = refs.flatMap((ref) => {
    const own = settings.branches.get(shortBranch(ref.name));
    if (own?.remote === undefined || own.merge === undefined) return [];
    return source === undefined || own.remote === source
      ? [follow(settings, refOf(ref), own.remote, reader.cwd)]
      : [];
  });
  if (found.length > 0) return found;
  throw new BitError('not-found', 'no branch tracks anything', {
    hint: 'push one first, which sets what it tracks: bit push',
  });
}
