import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists } from '../kernel/files.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { conflictedPaths, HEADS, listed, short, shortBranch } from './lookup.ts';
import { reflogFile } from './merge-state.ts';
import { follow } from './pull.ts';
import { pushesToo, pushOn, type SyncOptions, type SyncResult, stashTip, stopped } from './sync.ts';
import { readRemoteSettings } from './upstream.ts';

/** Goes on with a sync that stopped in conflicts, or gives it up and puts the branch back where it was. */
export async function goOn(
  reader: Reader,
  options: SyncOptions & { readonly abort: boolean },
): Promise<Effect<SyncResult>> {
  const { git } = reader;
  const state = ['rebase-merge', 'rebase-apply']
    .map((name) => join(git.paths.gitDir, name))
    .find((path) => existsSync(path));
  const ref = state === undefined ? undefined : readTextIfExists(join(state, 'head-name'))?.trim();
  const before = state === undefined ? undefined : readTextIfExists(join(state, 'orig-head'))?.trim();
  if (ref === undefined || !ref.startsWith(HEADS) || before === undefined) {
    throw new BitError('failed', 'no sync is under way here', { hint: 'start one with: bit sync' });
  }
  const branch = shortBranch(ref);
  const open = options.abort ? [] : await conflictedPaths(git);
  if (open.length > 0) {
    throw new BitError('conflict', `these files still have conflicts: ${listed(open)}`, {
      hint: 'resolve them, then take them in with: bit add <path>',
      details: { conflicts: open },
    });
  }
  const { remote } = follow(await readRemoteSettings(git), { ref, oid: before }, options.remote, reader.cwd);
  const shown = maskSecrets(remote);
  const both = !options.abort && options.direction === 'with';
  const word = options.abort ? 'give up' : 'go on with';
  return {
    summary: `${word} the sync of ${branch} with ${shown}`,
    target: { branch, remote: shown, direction: options.direction, from: before, abort: options.abort },
    plan: options.abort
      ? [`put ${printable(branch)} back to ${short(before)}`]
      : [
          `rebase the rest of ${printable(branch)}`,
          ...(both ? [`push ${printable(branch)} to ${shown}`] : []),
        ],
    touches: {
      refs: [ref],
      rewrites: true,
      head: true,
      index: true,
      worktree: 'tracked',
      files: [reflogFile(git.paths, 'refs/stash')],
    },
    ...(both ? pushesToo({ branch, remote, shown }) : {}),
    async run(writer) {
      const stash = await stashTip(writer);
      const env = { GIT_EDITOR: ':' };
      try {
        await writer.git.run(['rebase', options.abort ? '--abort' : '--continue'], {
          env,
          signal: writer.signal,
        });
      } catch (error) {
        const conflicts = await conflictedPaths(writer.git);
        throw stopped(options, { conflicts, error, branch, shown });
      }
      const head = await writer.git.head();
      const after = head.kind === 'unborn' ? before : head.oid;
      const stashed = (await stashTip(writer)) !== stash;
      const taken = options.abort ? 'aborted' : 'rebased';
      return {
        branch,
        remote: shown,
        before,
        after,
        taken,
        stashed,
        pushed: both && (await pushOn(writer, { branch, remote })),
      };
    },
    record: ({ after, taken, pushed }) => ({ after, taken, pushed }),
  };
}
