import type { JsonObject } from '../kernel/json.ts';
import type { Equivalent } from '../operation/index.ts';
import type { ResolvedLine } from './resolve.ts';

/** What a policy has to know of the repository to judge a git command by `bit`'s names. */
export interface Surroundings {
  /** Branch HEAD is on, short; null where detached. */
  readonly branch: string | null;
  /** Of a push: every local branch, short, and what settings make of a plain one. */
  readonly branches: readonly string[];
  /** `remote.<name>.mirror`, or a `+` in `remote.<name>.push`. */
  readonly pushForces: boolean;
  /** `push.default` or `remote.<name>.push` name more than the current branch. */
  readonly pushesMore: boolean;
}

/** What of a git command's words a policy sees as the target of the action it comes to. */
interface Named {
  readonly branch?: string;
  readonly branches?: readonly string[];
  readonly force?: boolean;
  readonly force_with_lease?: boolean;
}

type Action = `repo.${'push' | 'pull' | 'merge' | 'commit' | 'clone' | 'init' | 'revert' | 'tag' | 'branch'}`;

/** The `bit` commands a git command comes to, each judged as such: no policy is passed by in git's words. */
export function equivalentsOf({ verb, args }: ResolvedLine, at: Surroundings): Equivalent[] {
  const target = { branch: at.branch, git: verb };
  const as = (
    action: Action,
    command: string,
    more: { args?: JsonObject; target?: Named } = {},
  ): Equivalent => ({
    action,
    command,
    args: { ...more.args, rest: args },
    target: { ...target, ...more.target },
  });
  switch (verb) {
    case 'push':
      return [as('repo.push', 'push', pushFacts(args, at))];
    case 'pull':
      return [as('repo.pull', 'pull'), as('repo.merge', 'merge')];
    case 'commit':
    case 'merge':
    case 'clone':
    case 'init':
    case 'revert':
      return [as(`repo.${verb}`, verb)];
    case 'reset':
      // with a commit it moves the branch as `bit revert <sha> force` does; without, it unstages
      return movesBranch(args) ? [as('repo.revert', 'revert', { args: { mode: 'force' } })] : [];
    case 'tag':
      return [as('repo.tag', removes(args) ? 'tag.delete' : 'tag.new')];
    case 'branch':
      return branchEquivalents(args, at, as);
    case 'checkout':
    case 'switch':
      return [as('repo.branch', 'branch.switch')];
    default:
      return [];
  }
}

function pushFacts(args: readonly string[], at: Surroundings): { args: JsonObject; target: Named } {
  const refspecs = args.filter((word) => !word.startsWith('-')).slice(1);
  const force = forcesPush(args) || (refspecs.length === 0 && at.pushForces);
  const all =
    args.some((word) => /^--(al|b|m|pr)/.test(word)) ||
    refspecs.some((word) => word.includes('*') || /^\+?:$/.test(word)) ||
    (refspecs.length === 0 && at.pushesMore);
  const named = refspecs.map((word) => shortName(word.replace(/^\+/, '').split(':').at(-1) ?? ''));
  const current = at.branch === null ? [] : [at.branch];
  const branches = [
    ...(all ? at.branches : refspecs.length === 0 ? current : []),
    ...named.flatMap((name) => (name === 'HEAD' || name === '@' ? current : [name])),
  ];
  const lease = args.some((word) => word.startsWith('--force-w'));
  return { args: { force }, target: { branches, force, force_with_lease: lease } };
}

function movesBranch(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const words = (end < 0 ? args : args.slice(0, end)).filter((word) => !word.startsWith('-'));
  return words.some((word) => word !== 'HEAD' && word !== '@');
}

function branchEquivalents(
  args: readonly string[],
  at: Surroundings,
  as: (action: Action, command: string, more?: { target?: Named }) => Equivalent,
): Equivalent[] {
  const names = args.filter((word) => !word.startsWith('-')).map(shortName);
  const gone = (branch: string): Equivalent => as('repo.branch', 'branch.delete', { target: { branch } });
  if (removes(args)) return names.map(gone);
  // a rename takes the old name away
  if (args.some((word) => /^(-[A-Za-z]*[mM]|--m)/.test(word))) {
    const old = names.length > 1 ? names[0] : (at.branch ?? undefined);
    return old === undefined ? [] : [gone(old)];
  }
  return [as('repo.branch', 'branch.new', { target: names[0] === undefined ? {} : { branch: names[0] } })];
}

function shortName(name: string): string {
  return name.replace(/^refs\/heads\//, '');
}

/** `-d`, `-D`, in a cluster too, and every beginning of `--delete`. */
function removes(args: readonly string[]): boolean {
  return args.some((word) => /^-[A-Za-z]*[dD]/.test(word) || /^--de/.test(word));
}

/** In doubt yes: `-f`, `--force`, `--mirror`, `+refspec`; a lease is not plain force. */
function forcesPush(args: readonly string[]): boolean {
  return args.some(
    (word) =>
      word.startsWith('+') ||
      /^-[A-Za-z]*f/.test(word) ||
      /^--m/.test(word) ||
      (/^--fo/.test(word) && !/^--force-/.test(word)),
  );
}
