/** From the words of a command line to a command's id and its arguments. Every spelling of a command ends here. */
import { BitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import { type CommandTable, commandId, commandRow, isTopic, spokenNames } from './table.ts';

/** Git's verbs that `bit` has no command of its own for: they run as `bit git <verb>`, gated and recorded. */
export const GIT_VERBS: ReadonlySet<string> = new Set(
  (
    'add am annotate apply bisect blame bugreport bundle cat-file check-attr check-ignore check-mailmap check-ref-format ' +
    'checkout checkout-index cherry cherry-pick clean column commit-graph commit-tree config count-objects describe ' +
    'diff-files diff-index diff-tree difftool fast-export fast-import fetch filter-branch fmt-merge-msg for-each-ref ' +
    'format-patch fsck gc grep hash-object index-pack interpret-trailers lfs ls-files ls-remote ls-tree mailinfo ' +
    'maintenance merge-base merge-file merge-tree mergetool mktag mktree mv name-rev notes pack-objects pack-refs patch-id ' +
    'prune range-diff read-tree rebase reflog remote repack replace request-pull rerere reset rev-list rev-parse rm ' +
    'send-email shortlog show show-branch show-ref sparse-checkout stash stripspace submodule subtree switch symbolic-ref ' +
    'unpack-objects update-index update-ref var verify-commit verify-pack verify-tag whatchanged worktree write-tree'
  ).split(' '),
);

/** The flags that may stand before a command, and whether each takes a value. */
const LEADING: Readonly<Record<string, boolean>> = {
  '--json': false,
  '--no-input': false,
  '--quiet': false,
  '-q': false,
  '--show-git': false,
  '--dry-run': false,
  '--yes': false,
  '-y': false,
  '--jq': true,
  '--directory': true,
  '-C': true,
};

export type Resolved =
  | {
      readonly kind: 'run';
      readonly id: string;
      readonly argv: readonly string[];
      /** The topic that was named, where it stands for its list. */
      readonly topic?: string;
    }
  | { readonly kind: 'version' }
  /** Help on these words, or on `bit` itself where there are none. */
  | { readonly kind: 'help'; readonly words: readonly string[] }
  /** No command of this table: an alias, a plugin's command or a mistake. */
  | { readonly kind: 'unknown'; readonly leading: readonly string[]; readonly words: readonly string[] };

/** @throws BitError `usage` for a flag before the command that is none of `bit`'s */
export function resolveWords(table: CommandTable, argv: readonly string[]): Resolved {
  const leading: string[] = [];
  let at = 0;
  for (; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-') || word === '-') break;
    if (word === '--help' || word === '-h') return { kind: 'help', words: argv.slice(at + 1).filter(isWord) };
    if (word === '--version' || word === '-V') return { kind: 'version' };
    const taken = leadingFlag(word, argv[at + 1]);
    leading.push(...taken);
    at += taken.length - 1;
  }
  const words = argv.slice(at);
  const first = words[0];
  if (first === undefined) return { kind: 'help', words: [] };
  if (first === 'version' && commandId(table, 'version') === undefined) return { kind: 'version' };
  if (first === 'help') return resolveHelp(table, leading, words);
  return find(table, leading, words) ?? { kind: 'unknown', leading, words };
}

function isWord(word: string): boolean {
  return !word.startsWith('-');
}

/** The words one leading flag takes. */
function leadingFlag(word: string, next: string | undefined): string[] {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.slice(0, equals);
  const valued = Object.hasOwn(LEADING, name) ? LEADING[name] : undefined;
  if (valued === true) {
    if (equals >= 0) return [word];
    if (next === undefined) throw new BitError('usage', `flag ${name} expects a value`);
    return [word, next];
  }
  if (valued === false && equals < 0) return [word];
  if (/^-C./.test(word)) return [word];
  throw new BitError('usage', `unknown flag before the command: ${printable(shorten(word))}`, {
    hint: `here may stand: ${Object.keys(LEADING).join(' ')}; others go after the command`,
  });
}

/** `help context` and `help auto` are a command; `help <anything else>` is help. */
function resolveHelp(table: CommandTable, leading: readonly string[], words: readonly string[]): Resolved {
  const mode = words[1];
  if ((mode === 'context' || mode === 'auto') && commandId(table, 'help') !== undefined) {
    return { kind: 'run', id: 'help', argv: [...leading, ...words.slice(1)] };
  }
  const found = words.slice(1).filter(isWord);
  return {
    kind: 'help',
    words: found.length === 0 ? found : [...spellings(found[0] ?? ''), ...found.slice(1)],
  };
}

/** `bit.workflow.chain`, `workflow:chain` and `bit.bithub.list` as words; a plain word stays itself. */
export function spellings(first: string): string[] {
  if (!/^[a-z][a-z0-9-]*([.:][a-z][a-z0-9-]*)+$/.test(first)) return [first];
  const parts = first.split(/[.:]/);
  if (parts[0] === 'bit') parts.shift();
  if (parts[0] === 'bithub') parts[0] = 'bot';
  return parts;
}

/** The longest name of a command that `words` begin with. Global flags may stand between its words. */
function find(
  table: CommandTable,
  leading: readonly string[],
  words: readonly string[],
): Resolved | undefined {
  const first = words[0] ?? '';
  const rest = words.slice(1);
  let spoken = [...spellings(first), ...rest];
  if (first === 'bit' && rest.length > 0) spoken = [...spellings(rest[0] ?? ''), ...rest.slice(1)];
  const between: string[] = [];
  let name = '';
  let found: { id: string; name: string; after: number; skipped: number } | undefined;
  for (let at = 0; at < spoken.length; at++) {
    const word = spoken[at] ?? '';
    if (at > 0 && Object.hasOwn(LEADING, word)) {
      const taken = leadingFlag(word, LEADING[word] === true ? (spoken[at + 1] ?? '') : undefined);
      between.push(...taken);
      at += taken.length - 1;
      continue;
    }
    const longer = name === '' ? word : `${name}:${word}`;
    const id = commandId(table, longer);
    if (id !== undefined) found = { id, name: longer, after: at + 1, skipped: between.length };
    else if (!isTopic(table, longer)) break;
    name = longer;
    if (id !== undefined && !isTopic(table, longer)) break;
  }
  if (found === undefined) {
    return GIT_VERBS.has(first) && commandId(table, 'git') !== undefined
      ? passThrough('git', leading, words)
      : undefined;
  }
  const { id, after, skipped } = found;
  const topic = id !== found.name && isTopic(table, found.name) ? { topic: found.name } : {};
  const row = commandRow(table, id);
  const remaining = spoken.slice(after);
  if (row?.passthrough === true) return passThrough(id, leading, remaining);
  const next = remaining[0];
  // `bit branch delte`: the topic's list takes no words, or none so like a command of it; `bit bot secure` is a topic in it
  if (next !== undefined && isWord(next) && isTopic(table, spokenId(spoken, after))) {
    const within = isTopic(table, `${found.name}:${next}`);
    if (row?.args === false || within || isMisspelt(table, found.name, next)) return undefined;
  }
  return {
    kind: 'run',
    id,
    argv: [...leading, ...between.slice(0, skipped), ...blueprint(id, first, remaining)],
    ...topic,
  };
}

/** Whether `word` after a bare topic is a command of it but for a letter or two. */
function isMisspelt(table: CommandTable, topic: string, word: string): boolean {
  if (word.length < 4 || commandId(table, topic) === topic) return false;
  const spoken = `${topic.replaceAll(':', ' ')} `;
  const below = spokenNames(table).flatMap((name) =>
    name.startsWith(spoken) ? [name.slice(spoken.length)] : [],
  );
  return nearest(word, below).some((name) => !name.startsWith(word));
}

function spokenId(spoken: readonly string[], after: number): string {
  return spoken.slice(0, after).filter(isWord).join(':');
}

/** `--` parts `bit`'s own flags from what is passed on. */
function passThrough(id: string, leading: readonly string[], words: readonly string[]): Resolved {
  return { kind: 'run', id, argv: [...leading, '--', ...words] };
}

/** The blueprint's own spellings of arguments: `stage=*`, `auto-remediate`, a bare last argument as the message. */
function blueprint(id: string, first: string, argv: readonly string[]): readonly string[] {
  if (id === 'check' || id.startsWith('check:'))
    return argv.map((word) => (word === 'auto-remediate' ? '--fix' : word));
  if (id !== 'commit') return argv;
  const staged = argv.some((word) => word.startsWith('stage='));
  if (!staged && !(first.includes('.') && argv.includes('--auto-validate'))) return argv;
  const words = argv.flatMap((word) =>
    word.startsWith('stage=') ? ['--stage', word.slice('stage='.length)] : [word],
  );
  const last = argv.at(-1);
  const named = argv.some((word) => word === '-m' || word.startsWith('--message'));
  if (named || last === undefined || !isWord(last) || last.startsWith('stage=')) return words;
  return [...words.slice(0, -1), '--message', last];
}

/** Commands of a topic told where none is near what was typed. */
const MOST_BELOW = 12;

/** What to say of words that are no command; `nearest` names where there are some. */
export function unknownCommand(table: CommandTable, words: readonly string[]): BitError {
  const spoken = [...spellings(words[0] ?? ''), ...words.slice(1)].filter(isWord).slice(0, 3);
  const names = spokenNames(table);
  let topic = '';
  let depth = 0;
  while (
    depth < spoken.length &&
    isTopic(table, topic === '' ? (spoken[depth] ?? '') : `${topic}:${spoken[depth]}`)
  ) {
    topic = topic === '' ? (spoken[depth] ?? '') : `${topic}:${spoken[depth]}`;
    depth += 1;
  }
  const tried = spoken.slice(0, Math.max(1, depth + 1)).join(' ');
  const whole = nearest(tried, names);
  const below = topic === '' ? [] : names.filter((name) => name.startsWith(`${topic.replaceAll(':', ' ')} `));
  const other = below.length > 0 ? below.slice(0, MOST_BELOW) : nearest(spoken[0] ?? '', names);
  const suggested = whole.length > 0 ? whole : other;
  return new BitError('not-found', `no command is called ${printable(shorten(tried))}`, {
    hint:
      suggested.length > 0
        ? `${suggested === other && below.length > 0 ? 'there are' : 'did you mean'}: ${suggested.map((name) => `bit ${name}`).join(', ')}`
        : 'see them all with: bit help',
    details: { words: spoken.map((word) => shorten(word)), suggestions: suggested },
  });
}
