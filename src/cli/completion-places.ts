/** What may follow which words of a command line, from the manifest and the plugins that are installed. */
import type { ValueKind } from './completion-values.ts';
import type { ManifestCommand } from './manifest.ts';

/** A flag that takes a value: from a fixed set, names that are looked up, or anything. */
export interface ValuedFlag {
  readonly words: readonly string[];
  readonly options: readonly string[];
  readonly kinds: readonly ValueKind[];
}

export interface FlagPlace {
  readonly name: string;
  readonly char: string | undefined;
  readonly summary: string;
  readonly valued: ValuedFlag | undefined;
}

/** One place in a command line. */
export interface Place {
  /** `branch`, `branch list`, or empty for the start. */
  readonly words: string;
  /** Commands and topics below it, and the fixed words its arguments may be. */
  readonly next: readonly { readonly name: string; readonly summary: string }[];
  readonly flags: readonly FlagPlace[];
  /** Names that are looked up for its arguments. */
  readonly kinds: readonly ValueKind[];
}

const REVISIONS: readonly ValueKind[] = ['branches', 'tags'];

/** Names an argument takes, by `<command> <argument>`. */
const OF_ARGUMENT: Readonly<Record<string, readonly ValueKind[]>> = {
  'branch:delete names': ['branches'],
  'branch:switch name': ['branches'],
  'diff a': REVISIONS,
  'diff b': REVISIONS,
  'listener:disable name': ['listeners'],
  'listener:enable name': ['listeners'],
  'log from': REVISIONS,
  'merge destination': ['branches'],
  'merge source': REVISIONS,
  'ext:distrust name': ['plugins'],
  'ext:trust name': ['plugins'],
  'ext:uninstall name': ['plugins'],
  'pull branch': ['branches'],
  'pull source': ['remotes'],
  'push branch': ['branches'],
  'push destination': ['remotes'],
  'restore source': REVISIONS,
  'revert revision': REVISIONS,
  'sync remote': ['remotes'],
  'tag:delete names': ['tags'],
  'tag:new revision': REVISIONS,
};

/** Names a flag takes, by its own. */
const OF_FLAG: Readonly<Record<string, readonly ValueKind[]>> = {
  branch: ['branches'],
  from: REVISIONS,
  remote: ['remotes'],
  upstream: ['branches'],
};

const WORD = /^[A-Za-z0-9][A-Za-z0-9._@/+-]{0,99}$/;

/** Commands of plugins are other people's text: what is no plain word in them is left out. */
export function placesOf(commands: readonly ManifestCommand[]): Place[] {
  const shown = commands.filter(({ hidden, id }) => hidden !== true && id.split(':').every(isWord));
  const children = new Map<string, Map<string, string>>([['', new Map()]]);
  for (const { id, summary = '' } of shown) {
    const parts = id.split(':');
    parts.forEach((part, at) => {
      const parent = parts.slice(0, at).join(' ');
      const known = children.get(parent) ?? new Map<string, string>();
      const last = at === parts.length - 1;
      if (last || !known.has(part)) known.set(part, last ? plain(summary) : '');
      children.set(parent, known);
    });
  }
  const byWords = new Map(shown.map((command) => [command.id.replaceAll(':', ' '), command]));
  return [...new Set([...children.keys(), ...byWords.keys()])].sort().map((words) => {
    const command = byWords.get(words);
    const below = [...(children.get(words) ?? [])].map(([name, summary]) => ({ name, summary }));
    const args = Object.entries(command?.args ?? {});
    const fixed = args.flatMap(([, { options = [] }]) => options).filter(isWord);
    return {
      words,
      next: [...below, ...fixed.map((name) => ({ name, summary: '' }))].sort((a, b) =>
        a.name < b.name ? -1 : 1,
      ),
      flags: flagsOf(command),
      kinds: [...new Set(args.flatMap(([name]) => OF_ARGUMENT[`${command?.id ?? ''} ${name}`] ?? []))],
    };
  });
}

function flagsOf(command: ManifestCommand | undefined): FlagPlace[] {
  return Object.entries(command?.flags ?? {})
    .filter(([name, flag]) => flag.hidden !== true && isWord(name))
    .map(([name, { char, type, options = [], description = '', summary }]) => {
      const short = char !== undefined && /^[A-Za-z]$/.test(char) ? char : undefined;
      const words = [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
      const kinds = Object.hasOwn(OF_FLAG, name) ? (OF_FLAG[name] ?? []) : [];
      const valued = type === 'option' ? { words, options: options.filter(isWord), kinds } : undefined;
      return { name, char: short, summary: plain(summary ?? description), valued };
    });
}

function isWord(word: string): boolean {
  return WORD.test(word);
}

/** One line that no shell, and no template of oclif's, reads as more than text. */
function plain(summary: string): string {
  return summary
    .slice(0, 300)
    .replace(/<%.*?%>/g, 'bit')
    .replace(/[^\p{L}\p{N} ,.()/_+-]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** `--flag` and `-f` of every flag. */
export function flagWords(flags: readonly FlagPlace[]): string[] {
  return flags.flatMap(({ name, char }) => [`--${name}`, ...(char === undefined ? [] : [`-${char}`])]);
}
