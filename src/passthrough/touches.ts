import type { RepositoryPaths } from '../git/index.ts';
import type { Touches } from '../operation/index.ts';
import { configFile, reflogFile, stateFiles } from '../repository/index.ts';
import type { ResolvedLine } from './resolve.ts';

/** Verbs that move refs and leave index and files alone. */
const REFS_ONLY = new Set(
  'branch bundle fast-import fetch maintenance notes pack-refs push reflog remote replace tag update-ref'.split(
    ' ',
  ),
);
/** Verbs that write objects or tidy up; no ref, no file of the work tree. */
const OBJECTS_ONLY = new Set(
  (
    'archive commit-graph commit-tree credential fast-export format-patch fsck gc hash-object index-pack merge-tree mktag ' +
    'mktree multi-pack-index pack-objects prune prune-packed repack rerere send-email unpack-objects update-server-info ' +
    'write-tree'
  ).split(' '),
);
/** Verbs that may write the repository's settings. */
const SETTINGS = new Set('branch config remote submodule sparse-checkout push lfs maintenance'.split(' '));

/** What a git command may change, so that undo can put it back. Refs that move beyond it are in the outcome anyway. */
export function touchesOf({ verb, args }: ResolvedLine, paths: RepositoryPaths): Touches {
  const settings = SETTINGS.has(verb) ? [configFile(paths)] : [];
  if (OBJECTS_ONLY.has(verb)) return { refs: [] };
  if (verb === 'config') return { refs: [], files: settings };
  if (REFS_ONLY.has(verb)) {
    return { refs: 'all', head: verb === 'branch', ...(settings.length > 0 ? { files: settings } : {}) };
  }
  if (paths.root === undefined) return { refs: 'all', head: true, files: settings };
  return {
    refs: 'all',
    head: true,
    index: true,
    worktree: scopeOf(verb, args),
    files: [...settings, ...stateFiles(paths), reflogFile(paths, 'refs/stash')],
  };
}

/** Which files a verb may take away: `clean` and some stashes go for what git does not track. */
function scopeOf(verb: string, args: readonly string[]): NonNullable<Touches['worktree']> {
  const has = (short: string, long: string): boolean =>
    args.some(
      (word) =>
        (/^-[A-Za-z]+$/.test(word) && word.includes(short)) ||
        (word.length > 3 && word.startsWith('--') && long.startsWith(word)),
    );
  if (verb === 'clean') return has('x', '--x') || has('X', '--X') ? 'ignored' : 'untracked';
  if (verb !== 'stash') return 'tracked';
  if (has('a', '--all')) return 'ignored';
  return has('u', '--include-untracked') || args[0] === 'pop' || args[0] === 'apply'
    ? 'untracked'
    : 'tracked';
}

/** What undo can't take back. */
export function irreversibleOf({ verb, args }: ResolvedLine): string[] {
  const said = `git ${verb}`;
  if (verb === 'push' || verb === 'send-email') return [`${said}: it left this clone`];
  if (verb === 'clone' || verb === 'init') return [`${said}: made a repository`];
  if (verb === 'worktree') return [`${said}: other work trees are not this one's`];
  if (verb === 'config' && args.some((word) => /^(--(glo|sys|fi)|-f)/.test(word)))
    return [`${said}: settings outside this repository`];
  return [];
}
