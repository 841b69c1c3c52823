import { BitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import { type GitLine, parseGitLine, splitAlias } from './words.ts';

/** A command line whose verb is a command of git's own or a `git-<verb>` program, never an alias. */
export interface ResolvedLine extends GitLine {
  /** What was typed, where that was an alias. */
  readonly alias: string | undefined;
  /** A program `git-<verb>` on the path, not part of git. */
  readonly external: boolean;
}

/** Commands that every supported git has built in: git takes neither an alias nor a program of such a name. */
const BUILT_IN = new Set(
  (
    'add am annotate apply archive blame branch bundle cat-file check-attr check-ignore check-ref-format checkout ' +
    'cherry cherry-pick clean clone column commit commit-tree config count-objects describe diff diff-files ' +
    'diff-index diff-tree fast-export fetch for-each-ref format-patch fsck gc grep hash-object help init log ls-files ' +
    'ls-remote ls-tree merge merge-base merge-file mv name-rev notes prune pull push read-tree reflog remote repack ' +
    'replace rerere reset rev-list rev-parse revert rm shortlog show show-branch show-ref status symbolic-ref tag ' +
    'update-index update-ref var verify-commit verify-tag version worktree write-tree'
  ).split(' '),
);
const DEEPEST = 10;

/** How to ask git something; its output. */
export type AskGit = (args: readonly string[]) => Promise<string>;

/** @throws BitError `usage` for an alias that runs a shell, `not-found` for a verb git has not */
export async function resolveGitLine(words: readonly string[], ask: AskGit): Promise<ResolvedLine> {
  let line = parseGitLine(words);
  const seen: string[] = [];
  for (;;) {
    const alias = seen[0];
    if (BUILT_IN.has(line.verb)) return { ...line, alias, external: false };
    const builtIn = (await ask(['--list-cmds=builtins'])).split('\n');
    if (builtIn.includes(line.verb)) return { ...line, alias, external: false };
    const text = await ask(['config', '--get', `alias.${line.verb}`]);
    if (text === '') return { ...line, alias, external: await programOf(line.verb, builtIn, ask) };
    if (seen.includes(line.verb) || seen.length === DEEPEST)
      throw new BitError('usage', `git's alias ${printable(line.verb)} leads back to itself`);
    seen.push(line.verb);
    const inner = parseGitLine([...expand(line.verb, text.replace(/\n$/, '')), ...line.args]);
    line = {
      ...inner,
      globals: [...line.globals, ...inner.globals],
      settings: [...line.settings, ...inner.settings],
    };
  }
}

function expand(name: string, text: string): string[] {
  if (text.startsWith('!')) {
    throw new BitError('usage', `git's alias ${printable(name)} runs a shell, which no policy could judge`, {
      hint: `run what it stands for, or by plain git: git ${printable(name)}`,
    });
  }
  const words = splitAlias(name, text);
  if (words.length === 0) throw new BitError('usage', `git's alias ${printable(name)} is empty`);
  return words;
}

/** Whether a verb that is not built in is a program of somebody else's; git's own lie in its folder. */
async function programOf(verb: string, builtIn: readonly string[], ask: AskGit): Promise<boolean> {
  const [own, others] = [
    (await ask(['--list-cmds=main'])).split('\n'),
    (await ask(['--list-cmds=others'])).split('\n'),
  ];
  if (own.includes(verb)) return false;
  if (others.includes(verb)) return true;
  const near = nearest(verb, [...builtIn, ...own, ...others]);
  throw new BitError('not-found', `git has no command '${printable(shorten(verb))}'`, {
    ...(near.length === 0
      ? {}
      : { hint: `did you mean: ${near.map((name) => `bit git ${name}`).join(', ')}` }),
    details: { verb },
  });
}
