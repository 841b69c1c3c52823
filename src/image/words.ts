import { BitError } from '../kernel/errors.ts';

/**
 * A test command as words, quoted as a POSIX shell has it; nothing is expanded, for it is the image's own shell that
 * may do that.
 *
 * @throws BitError `usage` for a quote that is never closed
 */
export function splitWords(command: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < command.length; at++) {
    const character = command[at] ?? '';
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'") {
      const end = closing(command, at, "'");
      word = (word ?? '') + command.slice(at + 1, end);
      at = end;
    } else if (character === '"') {
      const end = closing(command, at, '"');
      word = (word ?? '') + command.slice(at + 1, end).replace(/\\([$`"\\])/g, '$1');
      at = end;
    } else if (character === '\\') {
      at += 1;
      word = (word ?? '') + (command[at] ?? '');
    } else word = (word ?? '') + character;
  }
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new BitError('usage', 'the test command is empty');
  return words;
}

function closing(command: string, from: number, quote: string): number {
  for (let at = from + 1; at < command.length; at++) {
    if (quote === '"' && command[at] === '\\') at += 1;
    else if (command[at] === quote) return at;
  }
  throw new BitError(
    'usage',
    `the test command has a ${quote} that is never closed: ${command.slice(0, 200)}`,
  );
}
