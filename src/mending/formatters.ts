import { bare } from './shell-text.ts';

/** A program that says what it would change, and how to have it change it. */
export interface Rewriter {
  readonly program: string;
  /** The arguments that write, for arguments that only looked; undefined for any other call. */
  writes(words: readonly string[]): readonly string[] | undefined;
  /** Beside arguments: what its output goes into. */
  readonly into?: string;
}

/** Arguments with `drop` left out, `add` put after the subcommand; undefined where nothing asks for a check only. */
interface Rule {
  readonly subcommand?: string;
  readonly checks: readonly string[];
  readonly drop?: readonly string[];
  readonly add?: readonly string[];
}

function rewriter(program: string, rule: Rule): Rewriter {
  const dropped = new Set([...rule.checks, ...(rule.drop ?? [])]);
  const add = rule.add ?? [];
  return {
    program,
    writes(words) {
      const [first, ...rest] = words;
      if (rule.subcommand !== undefined && first !== rule.subcommand) return undefined;
      const given = rule.subcommand === undefined ? words : rest;
      if (!given.some((word) => rule.checks.includes(bare(word)))) return undefined;
      const kept = given.filter((word) => !dropped.has(bare(word)));
      return [
        ...(rule.subcommand === undefined ? [] : [rule.subcommand]),
        ...add,
        ...kept.filter(notBareEnd),
      ];
    },
  };
}

/** A `--` after which nothing stands any more. */
function notBareEnd(word: string, at: number, all: readonly string[]): boolean {
  return word !== '--' || at < all.length - 1;
}

/** Of options only those that say where configuration is: others mean something else to another subcommand. */
function placesOnly(words: readonly string[]): readonly string[] {
  return words.filter((word) => !word.startsWith('-') || /^--(?:config-path|vcs-root)=/.test(word));
}

export const FORMATTERS: readonly Rewriter[] = [
  rewriter('prettier', { checks: ['--check', '-c', '--list-different', '-l'], add: ['--write'] }),
  {
    program: 'biome',
    writes([subcommand, ...rest]) {
      const only = subcommand === 'format' || subcommand === 'check' || subcommand === 'ci';
      if (!only || rest.some((word) => /^--(?:write|fix|apply)/.test(word))) return undefined;
      return ['format', '--write', '--no-errors-on-unmatched', ...placesOnly(rest)];
    },
  },
  rewriter('gofmt', { checks: ['-l', '-d', '-l=true', '-d=true'], add: ['-w'] }),
  rewriter('goimports', { checks: ['-l', '-d'], add: ['-w'] }),
  rewriter('rustfmt', { checks: ['--check'], drop: ['-l'] }),
  rewriter('cargo', { subcommand: 'fmt', checks: ['--check'] }),
  rewriter('black', { checks: ['--check', '--diff'], drop: ['--color'] }),
  rewriter('isort', { checks: ['--check', '--check-only', '-c', '--diff'], drop: ['--df'] }),
  rewriter('yapf', { checks: ['--diff', '-d', '--quiet', '-q'], add: ['-i'] }),
  rewriter('clang-format', { checks: ['--dry-run', '-n'], drop: ['-Werror', '--Werror'], add: ['-i'] }),
  rewriter('shfmt', { checks: ['-d', '-l', '--diff', '--list'], add: ['-w'] }),
  rewriter('deno', { subcommand: 'fmt', checks: ['--check'] }),
  rewriter('taplo', { subcommand: 'fmt', checks: ['--check', '--diff'] }),
  rewriter('buf', { subcommand: 'format', checks: ['--diff', '-d', '--exit-code'], add: ['-w'] }),
  {
    program: 'dprint',
    writes: ([subcommand, ...rest]) => (subcommand === 'check' ? ['fmt', ...rest] : undefined),
  },
];

/** Linters that mend what they find where they are sure. */
export const LINTERS: readonly Rewriter[] = [
  linter('eslint', { add: ['--fix'], drop: ['--quiet'] }),
  linter('oxlint', { add: ['--fix'] }),
  linter('stylelint', { add: ['--fix'] }),
  linter('standard', { add: ['--fix'] }),
  linter('markdownlint', { add: ['--fix'] }),
  linter('markdownlint-cli2', { add: ['--fix'] }),
  linter('rubocop', { add: ['--autocorrect'] }),
  linter('sqlfluff', { subcommand: 'lint', instead: 'fix', add: ['--force'] }),
  linter('cargo', {
    subcommand: 'clippy',
    add: ['--fix', '--allow-dirty', '--allow-staged', '--allow-no-vcs'],
  }),
  {
    program: 'biome',
    writes([subcommand, ...rest]) {
      const lints = subcommand === 'lint' || subcommand === 'check' || subcommand === 'ci';
      if (!lints || rest.some((word) => /^--(?:write|fix|apply)/.test(word))) return undefined;
      return [subcommand === 'lint' ? 'lint' : 'check', '--write', ...placesOnly(rest)];
    },
  },
  {
    program: 'shellcheck',
    writes: (words) => [
      '--format=diff',
      ...words.filter((word, at) => !/^(?:-f.*|--format.*)$/.test(word) && words[at - 1] !== '-f'),
    ],
    into: 'git apply -p1',
  },
];

interface LintRule {
  readonly subcommand?: string;
  readonly instead?: string;
  readonly add?: readonly string[];
  readonly drop?: readonly string[];
}

function linter(program: string, { subcommand, instead, add = [], drop = [] }: LintRule): Rewriter {
  return {
    program,
    writes(words) {
      const [first, ...rest] = words;
      if (subcommand !== undefined && first !== subcommand) return undefined;
      const given = subcommand === undefined ? words : rest;
      if (given.some((word) => add.includes(word))) return undefined;
      const kept = given.filter((word) => !drop.includes(word));
      return [...(subcommand === undefined ? [] : [instead ?? subcommand]), ...add, ...kept];
    },
  };
}

export function rewriterFor(
  rewriters: readonly Rewriter[],
  program: string,
  words: readonly string[],
): { readonly rewriter: Rewriter; readonly words: readonly string[] } | undefined {
  for (const one of rewriters) {
    const written = one.program === program ? one.writes(words) : undefined;
    if (written !== undefined) return { rewriter: one, words: written };
  }
  return undefined;
}
