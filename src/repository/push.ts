import type { Oid, PushedRef, RefName } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader, Touches, Writer } from '../operation/index.ts';
import { sendAlong } from '../transparency/index.ts';
import { HEADS, requireBranch, requireOnBranch, short, shortBranch } from './lookup.ts';
import { configFile } from './merge-state.ts';
import {
  defaultRemote,
  type RemoteSettings,
  readRemoteSettings,
  requireRemote,
  trackingRef,
} from './upstream.ts';

export interface PushOptions {
  /** A branch, `all`, or undefined for the one HEAD is on. */
  readonly branch: string | undefined;
  readonly destination: string | undefined;
  readonly force: 'no' | 'lease' | 'force';
}

export interface PushedBranch {
  readonly branch: string;
  /** Full name over there. */
  readonly ref: RefName;
  readonly oid: Oid;
  /** Where it stood over there, as last seen; null where it was new or is not followed. */
  readonly before: Oid | null;
  readonly state: 'new' | 'updated' | 'forced' | 'up-to-date';
  readonly upstreamSet: boolean;
}

export interface PushResult {
  readonly remote: string;
  readonly branches: readonly PushedBranch[];
}

interface Going {
  readonly branch: string;
  readonly oid: Oid;
  readonly to: RefName;
  readonly tracking: RefName | undefined;
  readonly before: Oid | null;
  readonly setUpstream: boolean;
}

/** Pushes a branch or all of them; sets the upstream of one that has none. Several go together or not at all. */
export async function push(reader: Reader, options: PushOptions): Promise<Effect<PushResult>> {
  const { git } = reader;
  const [settings, refs, chosen] = await Promise.all([
    readRemoteSettings(git),
    git.refs(),
    choose(reader, options.branch),
  ]);
  const single = chosen.length === 1 ? chosen[0]?.branch : undefined;
  const remote =
    options.destination === undefined
      ? defaultRemote(settings, single, 'push')
      : requireRemote(settings, options.destination, reader.cwd);
  const shown = maskSecrets(remote);
  const known = new Map(refs.map((ref) => [ref.name, ref.oid]));
  const going = chosen.map(({ branch, oid }) => describe(settings, remote, { branch, oid, known }));
  const moving = going.filter(({ before, oid }) => before !== oid);
  const upstreams = going.filter((item) => item.setUpstream);
  const lines = moving.map(
    ({ branch, to, before, oid }) =>
      `push ${branch} to ${to} on ${shown} (${before === null ? 'new' : short(before)} → ${short(oid)})${options.force === 'no' ? '' : options.force === 'lease' ? ', forced with lease' : ', forced'}`,
  );
  return {
    summary: `push ${single ?? `${chosen.length} branches`} to ${shown}`,
    target: {
      branches: going.map(({ branch }) => branch),
      refs: going.map(({ to }) => to),
      oids: going.map(({ oid }) => oid),
      remote: shown,
      url: maskSecrets(settings.remotes.get(remote)?.url ?? remote),
      force: options.force === 'force',
      force_with_lease: options.force === 'lease',
    },
    plan: [
      ...(lines.length > 0 ? lines : [`nothing new, as far as is known of ${shown}`]),
      ...upstreams.map(({ branch, to }) => `let ${branch} track ${shortBranch(to)} of ${shown}`),
    ],
    touches: touchesOf(going, options.force, upstreams.length > 0 ? [configFile(git.paths)] : []),
    // what the remote holds is known for sure only when it answers
    irreversible: going.map(({ branch, to }) => `push ${branch} to ${to} on ${shown}`),
    ...(options.force === 'force'
      ? {
          confirm: `Overwrite ${going.map(({ to }) => shortBranch(to)).join(', ')} on ${shown}, whatever it holds?`,
        }
      : {}),
    async run(writer) {
      const pushed = await send(writer, { remote, shown, going, force: options.force });
      await sendAlong(writer, remote);
      return { remote: shown, branches: going.map((item) => resultOf(item, pushed)) };
    },
    record: (out) => ({
      remote: out.remote,
      pushed: out.branches.slice(0, 50).map(({ ref, before, oid }) => ({ ref, before, oid })),
    }),
  };
}

interface Sending {
  readonly remote: string;
  readonly shown: string;
  readonly going: readonly Going[];
  readonly force: PushOptions['force'];
}

/** One push, atomic where it is of several; then what tracks nothing yet tracks what it was pushed to. */
async function send(writer: Writer, { remote, shown, going, force }: Sending): Promise<readonly PushedRef[]> {
  const { git } = writer;
  const upstreams = going.filter((item) => item.setUpstream);
  const together = upstreams.length === going.length;
  const now = new Map((await git.refs([HEADS])).map((ref) => [ref.name, ref.oid]));
  const moved = going.find(({ branch, oid }) => now.get(`${HEADS}${branch}`) !== oid);
  if (moved !== undefined) {
    throw new BitError('changed', `${printable(moved.branch)} moved while this waited; nothing was pushed`);
  }
  const progress = writer.progress(`push to ${shown}`);
  try {
    const pushed = await git.push(
      remote,
      going.map(({ branch, to }) => `${HEADS}${branch}:${to}`),
      {
        setUpstream: together,
        ...(force === 'no' ? {} : { force }),
        atomic: going.length > 1,
        signal: writer.signal,
        onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
      },
    );
    // git's own --set-upstream would move the others' upstream too
    for (const { branch, to } of together ? [] : upstreams) {
      await git.run(['config', `branch.${branch}.remote`, remote]);
      await git.run(['config', `branch.${branch}.merge`, to]);
    }
    return pushed;
  } finally {
    progress.end();
  }
}

function resultOf(
  { branch, to, oid, before, setUpstream }: Going,
  pushed: readonly PushedRef[],
): PushedBranch {
  const state = pushed.find(({ ref }) => ref === to)?.state;
  return {
    branch,
    ref: to,
    oid,
    before,
    state: state === 'deleted' ? 'updated' : (state ?? 'up-to-date'),
    upstreamSet: setUpstream,
  };
}

function touchesOf(going: readonly Going[], force: PushOptions['force'], files: readonly string[]): Touches {
  return {
    refs: going.flatMap(({ tracking }) => (tracking === undefined ? [] : [tracking])),
    ...(force === 'no' ? {} : { rewrites: true }),
    ...(files.length === 0 ? {} : { files }),
  };
}

async function choose(reader: Reader, branch: string | undefined): Promise<{ branch: string; oid: Oid }[]> {
  const { git } = reader;
  if (branch === 'all') {
    const refs = await git.refs([HEADS]);
    if (refs.length === 0) throw new BitError('failed', 'there is no branch with a commit to push');
    return refs.map((ref) => ({ branch: shortBranch(ref.name), oid: ref.oid }));
  }
  if (branch !== undefined) {
    const { name, oid } = await requireBranch(git, branch);
    return [{ branch: shortBranch(name), oid }];
  }
  const { ref, oid } = await requireOnBranch(git, 'push');
  return [{ branch: shortBranch(ref), oid }];
}

function describe(
  settings: RemoteSettings,
  remote: string,
  at: { readonly branch: string; readonly oid: Oid; readonly known: ReadonlyMap<RefName, Oid> },
): Going {
  const own = settings.branches.get(at.branch);
  const to = own?.remote === remote && own.merge !== undefined ? own.merge : `${HEADS}${at.branch}`;
  if (!to.startsWith(HEADS)) {
    throw new BitError('unsupported', `${printable(at.branch)} tracks ${printable(to)}, which is no branch`, {
      hint: `say it to git: bit git push ${printable(remote)} ${printable(at.branch)}:<name>`,
    });
  }
  const tracking = trackingRef(settings, remote, to);
  const before = tracking === undefined ? null : (at.known.get(tracking) ?? null);
  const setUpstream = own?.merge === undefined && settings.remotes.has(remote);
  return { branch: at.branch, oid: at.oid, to, tracking, before, setUpstream };
}
