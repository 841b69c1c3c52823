import type { GitLine } from './words.ts';

/** Verbs that read whatever they are told, but for the options below. */
const READING = new Set(
  (
    'annotate blame cat-file check-attr check-ignore check-mailmap check-ref-format cherry column count-objects ' +
    'describe diff diff-files diff-index diff-tree fmt-merge-msg for-each-ref fsck get-tar-commit-id grep help log ' +
    'ls-files ls-remote ls-tree merge-base name-rev patch-id range-diff rev-list rev-parse shortlog show show-branch ' +
    'show-index show-ref status stripspace var verify-commit verify-pack verify-tag version whatchanged'
  ).split(' '),
);

/** Options that write a file or run a program; git takes any unambiguous beginning of one. */
const WRITING_OPTIONS = [
  ...['--output', '--output-directory', '--exec', '--upload-pack', '--open-files-in-pager', '--lost-found'],
  ...['--in-place', '--write-commit-graph'],
];

/** First words by which a verb of many kinds only reads; `''` for none at all. */
const READING_WORDS: Readonly<Record<string, readonly string[]>> = {
  bisect: ['log', 'terms'],
  bundle: ['verify', 'list-heads'],
  lfs: ['ls-files', 'env', 'version', 'status'],
  notes: ['', 'list', 'show', 'get-ref'],
  reflog: ['', 'show', 'list', 'exists'],
  remote: ['', 'show', 'get-url'],
  rerere: ['status', 'diff', 'remaining'],
  'sparse-checkout': ['list', 'check-rules'],
  stash: ['list', 'show'],
  submodule: ['', 'status', 'summary'],
  worktree: ['list'],
};

/** Options that list, or say how; each whole, and with `=` where it has a value. */
const LISTING =
  /^(-[alrvi]+|-n\d*|--(list|all|remotes|verbose|show-current|no-color|no-column|no-abbrev|ignore-case|omit-empty)|--(sort|format|color|column|abbrev)=.*|--(color|column|abbrev))$/;
/** Options by which `git branch` and `git tag` list whatever words follow. */
const SELECTING =
  /^(-l|--list|--(no-)?(contains|merged)|--points-at|--(no-)?(contains|merged)=.*|--points-at=.*)$/;

/** Settings that change only how something looks; any other could run a program. */
const HARMLESS = /^(color|column|log)\.|^core\.(quotepath|abbrev)$/;

/** Whether a command line surely changes nothing; in doubt it does not. */
export function onlyReads({ verb, args, settings }: GitLine): boolean {
  if (args[0] === '--help' || (args.length === 1 && args[0] === '-h')) return true;
  if (!settings.every((key) => HARMLESS.test(key))) return false;
  const end = args.indexOf('--');
  const before = end < 0 ? args : args.slice(0, end);
  if (before.some(writes)) return false;
  if (verb === 'grep' && before.some((word) => /^-[A-Za-z]*O/.test(word))) return false;
  if (READING.has(verb)) return true;
  const readingWords = Object.hasOwn(READING_WORDS, verb) ? READING_WORDS[verb] : undefined;
  if (readingWords !== undefined) {
    if (verb === 'remote' && args.length === 1 && /^(-v|--verbose)$/.test(args[0] ?? '')) return true;
    return readingWords.includes(args[0] ?? '');
  }
  return listsOnly(verb, args);
}

function writes(word: string): boolean {
  const name = word.split('=', 1)[0] ?? '';
  if (!name.startsWith('--') || name === '--') return false;
  return WRITING_OPTIONS.some((option) => option.startsWith(name));
}

function listsOnly(verb: string, args: readonly string[]): boolean {
  const options = args.filter((word) => word.startsWith('-'));
  const bare = options.length === args.length;
  switch (verb) {
    case 'branch':
    case 'tag':
      if (!options.every((word) => LISTING.test(word) || SELECTING.test(word))) return false;
      // tag -v verifies, tag -a and -i annotate or not: only branch has them for listing
      if (verb === 'tag' && options.some((word) => /^-[a-z]*[avri]/.test(word))) return false;
      return bare || options.some((word) => SELECTING.test(word));
    case 'config':
      return readsSettings(args);
    case 'symbolic-ref':
      return (
        options.every((word) => /^(-q|--quiet|--short)$/.test(word)) && args.length - options.length === 1
      );
    case 'hash-object':
      return options.every((word) => /^(--stdin|--stdin-paths|--no-filters)$/.test(word));
    case 'merge-file':
      return args.includes('-p') && args[0] === '-p';
    case 'format-patch':
      return args[0] === '--stdout' && options.every((word) => word === '--stdout');
    default:
      return false;
  }
}

const SETTINGS_PLACE =
  /^(--(global|local|system|worktree|show-origin|show-scope|name-only|null|includes|no-includes|bool|int|path)|--(type|file|blob)=.*|-z)$/;
const SETTINGS_READ = /^(--(get|get-all|get-regexp|get-urlmatch|list)|-l)$/;

function readsSettings(args: readonly string[]): boolean {
  const options = args.filter((word) => word.startsWith('-'));
  if (!options.every((word) => SETTINGS_PLACE.test(word) || SETTINGS_READ.test(word))) return false;
  if (options.some((word) => SETTINGS_READ.test(word))) return true;
  if (args[0] === 'list' || args[0] === 'get') return true;
  return args.length - options.length === 1;
}
