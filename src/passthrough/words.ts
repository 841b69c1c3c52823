import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';

/** A git command line, taken apart. */
export interface GitLine {
  /** Git's own options before the verb. */
  readonly globals: readonly string[];
  /** Keys set for this one command by `-c`, lower case. */
  readonly settings: readonly string[];
  readonly verb: string;
  readonly args: readonly string[];
}

const PLAIN = new Set([
  ...[
    '-p',
    '--paginate',
    '-P',
    '--no-pager',
    '--no-replace-objects',
    '--no-lazy-fetch',
    '--no-optional-locks',
  ],
  ...['--no-advice', '--literal-pathspecs', '--glob-pathspecs', '--noglob-pathspecs', '--icase-pathspecs'],
]);

/** Settings that would make another command of this one, or lead it to another repository or transport. */
const REFUSED_SETTINGS =
  /^(alias|include|includeif|protocol|help)\.|^core\.(worktree|bare|gitdir)$|^extensions\./;

/** @throws BitError `usage` for what would disguise the verb or point git elsewhere */
export function parseGitLine(words: readonly string[]): GitLine {
  const globals: string[] = [];
  const settings: string[] = [];
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--version' || word === '-v') return { globals, settings, verb: 'version', args: [] };
    if (word === '--help' || word === '-h')
      return { globals, settings, verb: 'help', args: words.slice(at + 1) };
    if (!word.startsWith('-')) break;
    if (PLAIN.has(word) || word.startsWith('--attr-source=')) globals.push(word);
    else if (word === '-c' || word === '--config-env') {
      const given = words[++at] ?? '';
      settings.push(settingKey(word, given));
      globals.push(word, given);
    } else if (word.startsWith('--config-env=')) {
      settings.push(settingKey('--config-env', word.slice('--config-env='.length)));
      globals.push(word);
    } else throw refusedOption(word);
  }
  const [verb = 'help', ...args] = words.slice(at);
  if (!/^[A-Za-z][A-Za-z0-9-]{0,99}$/.test(verb))
    throw new BitError('usage', `'${printable(shorten(verb))}' is no git command`);
  return { globals, settings, verb, args };
}

function settingKey(option: string, given: string): string {
  const key = given.split('=', 1)[0]?.toLowerCase() ?? '';
  if (!/^[a-z][a-z0-9-]*\..+/.test(key))
    throw new BitError('usage', `git's ${option} wants key=value, not '${printable(shorten(given))}'`);
  if (REFUSED_SETTINGS.test(key)) {
    throw new BitError('usage', `git's ${option} ${printable(shorten(key))} is not passed on`, {
      hint: 'it could make another command of this one than policies judge',
    });
  }
  return key;
}

function refusedOption(word: string): BitError {
  const name = word.split('=', 1)[0] ?? '';
  const elsewhere = ['-C', '--git-dir', '--work-tree', '--bare', '--namespace'].includes(name);
  return new BitError('usage', `git's ${printable(shorten(name))} is not passed on`, {
    hint: elsewhere
      ? 'say where to bit, whose gate and ledger are that repository’s: bit -C DIR git …'
      : 'options of a command go after its name',
  });
}

/** An alias's text as git splits it: blanks part, quotes and backslashes keep. @throws BitError `usage` */
export function splitAlias(name: string, text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quote === '' && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else if (char === quote) quote = '';
    else {
      const escaped = char === '\\' && quote !== "'";
      if (escaped) at += 1;
      word = (word ?? '') + (escaped ? text.charAt(at) : char);
    }
  }
  if (quote !== '') throw new BitError('usage', `git's alias ${printable(name)} has an open quote`);
  return word === undefined ? words : [...words, word];
}
