import type { Oid, RefName } from '../git/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { receiveAlong, sendAlong } from '../transparency/index.ts';
import { fetchRemote } from './fetched.ts';
import { listed, requireOnBranch, short, shortBranch } from './lookup.ts';
import { configFile, reflogFile } from './merge-state.ts';
import { follow } from './pull.ts';
import { push } from './push.ts';
import { takeIn } from './take-in.ts';
import { readRemoteSettings } from './upstream.ts';

export interface SyncOptions {
  /** `from` takes in; `with` pushes after that. */
  readonly direction: 'with' | 'from';
  readonly remote: string | undefined;
}

export interface SyncResult {
  readonly branch: string;
  readonly remote: string;
  readonly before: Oid;
  readonly after: Oid;
  readonly taken: 'up-to-date' | 'updated' | 'rebased' | 'merged' | 'nothing-there' | 'aborted';
  readonly pushed: boolean;
  /** Local changes that did not fit on what came, kept in the stash. */
  readonly stashed: boolean;
}

/**
 * Takes in what the remote has (fast-forward, else rebase, local changes set aside meanwhile), then pushes.
 *
 * @throws BitError `conflict` with git stopped in the middle of the rebase, saying how to go on
 */
export async function sync(reader: Reader, options: SyncOptions): Promise<Effect<SyncResult>> {
  const { git } = reader;
  if (git.paths.root === undefined)
    throw new BitError('unsupported', 'a sync needs a work tree; this repository is bare');
  const [settings, current] = await Promise.all([readRemoteSettings(git), requireOnBranch(git, 'sync')]);
  const following = follow(settings, current, options.remote, reader.cwd);
  const { ref, oid: before, remote, tracking } = following;
  const branch = shortBranch(ref);
  const shown = maskSecrets(remote);
  if (tracking === undefined) {
    throw new BitError('unsupported', `${printable(shown)} is an address, and nothing here follows it`, {
      hint: 'give it a name: bit git remote add <name> <url>',
    });
  }
  const both = options.direction === 'with';
  return {
    summary: `sync ${branch} ${options.direction} ${shown}`,
    target: { branch, remote: shown, direction: options.direction, from: before },
    plan: [
      `fetch ${shown}`,
      `fast-forward ${branch} to ${shortBranch(following.merge)} of ${shown}, or rebase it`,
      ...(both ? [`push ${branch} to ${shown}`] : []),
    ],
    touches: {
      refs: [ref, tracking],
      rewrites: true,
      head: true,
      index: true,
      worktree: 'tracked',
      files: [configFile(git.paths), reflogFile(git.paths, 'refs/stash')],
    },
    ...(both ? pushesToo({ branch, remote, shown }) : {}),
    async run(writer) {
      const out = await runSync(writer, { branch, remote, shown, tracking, before, options });
      await receiveAlong(writer, remote);
      if (both) await sendAlong(writer, remote);
      return out;
    },
    record: ({ after, taken, pushed }) => ({ after, taken, pushed }),
  };
}

const MOST_ROUNDS = 3;

interface Syncing {
  readonly branch: string;
  readonly remote: string;
  readonly shown: string;
  readonly tracking: RefName;
  readonly before: Oid;
  readonly options: SyncOptions;
}

async function runSync(writer: Writer, at: Syncing): Promise<SyncResult> {
  const { branch, remote, shown, before } = at;
  const both = at.options.direction === 'with';
  const [fetching, taking, pushing] = [`fetch ${shown}`, `take in ${branch}`, `push ${branch}`];
  const stash = await stashTip(writer);
  return writer.tasks([fetching, taking, ...(both ? [pushing] : [])], async (step) => {
    for (let round = 1; ; round++) {
      await step(fetching, () => fetchRemote(writer, remote, shown));
      const taken = await step(taking, () => takeTracked(writer, at));
      const stashed = (await stashTip(writer)) !== stash;
      const out = { branch, remote: shown, before, after: taken.after, taken: taken.state, stashed };
      if (!both) return { ...out, pushed: false };
      const pushed = await step(pushing, () =>
        pushOn(writer, { branch, remote }).catch((error: unknown) => {
          // somebody pushed between our fetch and our push
          if (!isBitError(error, 'conflict') || round === MOST_ROUNDS) throw notPushed(error, out);
          return undefined;
        }),
      );
      if (pushed !== undefined) return { ...out, pushed };
    }
  });
}

async function takeTracked(
  writer: Writer,
  at: Syncing,
): Promise<{ readonly state: SyncResult['taken']; readonly after: Oid }> {
  const [ours, theirs] = await Promise.all([
    requireOnBranch(writer.git, 'sync'),
    writer.git.resolve(at.tracking),
  ]);
  if (theirs === undefined) return { state: 'nothing-there', after: ours.oid };
  const taken = await takeIn(writer, { ours: ours.oid, theirs, how: 'rebase', autostash: true });
  if (taken.state === 'stopped') throw stopped(at.options, { ...taken, ...at });
  if (taken.state === 'diverged') throw new Error('a rebase can not end diverged');
  return taken;
}

/** What came in stays: the error says so. */
function notPushed(
  error: unknown,
  at: { readonly branch: string; readonly after: Oid; readonly before: Oid },
): unknown {
  if (!isBitError(error)) return error;
  const moved = at.after === at.before ? '' : `, and ${printable(at.branch)} is at ${short(at.after)} now`;
  return new BitError(error.code, `taken in${moved}, but not pushed: ${error.message}`, {
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

/** The part of a sync that leaves this clone: policies on pushing judge it before anything starts. */
export function pushesToo(at: {
  readonly branch: string;
  readonly remote: string;
  readonly shown: string;
}): Pick<Effect<SyncResult>, 'irreversible' | 'amountsTo'> {
  const args = { branch: at.branch, destination: at.shown, force: false };
  const target = { branches: [at.branch], remote: at.shown, force: false, force_with_lease: false };
  return {
    irreversible: [`push ${at.branch} to ${at.shown}`],
    amountsTo: [{ action: 'repo.push', command: 'push', args, target }],
  };
}

export async function stashTip(writer: Writer): Promise<Oid | undefined> {
  return (await writer.git.refs(['refs/stash']))[0]?.oid;
}

/** Pushes as an operation of its own inside this one, so that policies on pushing judge it. */
export async function pushOn(
  writer: Writer,
  at: { readonly branch: string; readonly remote: string },
): Promise<boolean> {
  const effect = await push(writer, { branch: at.branch, destination: at.remote, force: 'no' });
  const request = {
    action: 'repo.push',
    event: 'PUSH',
    command: 'push',
    args: { branch: at.branch, destination: at.remote },
  };
  const done = await writer.perform(request, effect);
  return done.branches.some(({ state }) => state !== 'up-to-date');
}

export function stopped(
  options: SyncOptions,
  at: {
    readonly conflicts: readonly string[];
    readonly error: unknown;
    readonly branch: string;
    readonly shown: string;
  },
): unknown {
  if (at.conflicts.length === 0) return at.error;
  const again = `bit sync ${options.direction}${options.remote === undefined ? '' : ` ${printable(at.shown)}`}`;
  return new BitError(
    'conflict',
    `${printable(at.branch)} conflicts with ${printable(at.shown)} in ${listed(at.conflicts)}; git stopped in the middle of the rebase`,
    {
      hint: `resolve them and bit add them, then: ${again} --continue; or give it up: bit sync --abort`,
      details: { conflicts: at.conflicts },
    },
  );
}
