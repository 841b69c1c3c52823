import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';

/** Of all a step writes into one of its command files. */
export const MOST_COMMAND_FILE = 16 * 1024 * 1024;

/**
 * `NAME=value` lines and `NAME<<DELIMITER` blocks, as GitHub's runner reads `GITHUB_ENV` and `GITHUB_OUTPUT`.
 *
 * @throws BitError `failed` naming the line
 */
export function parseAssignments(text: string, file: string): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const block = line.indexOf('<<');
    if (block >= 0 && (equals < 0 || block < equals)) {
      const name = line.slice(0, block);
      const delimiter = line.slice(block + 2);
      const end = lines.indexOf(delimiter, at + 1);
      if (name === '' || delimiter === '') throw wrong(file, at, line);
      if (end < 0) {
        throw new BitError(
          'failed',
          `${file}:${at + 1}: no line ${shown(delimiter)} ends the value of ${shown(name)}`,
        );
      }
      found.push([name, lines.slice(at + 1, end).join('\n')]);
      at = end;
      continue;
    }
    if (equals < 1) throw wrong(file, at, line);
    found.push([line.slice(0, equals), line.slice(equals + 1)]);
  }
  return found;
}

/** A folder a line. */
export function parsePaths(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line !== '');
}

function wrong(file: string, at: number, line: string): BitError {
  return new BitError(
    'failed',
    `${file}:${at + 1}: ${shown(line)} is neither NAME=value nor NAME<<DELIMITER`,
  );
}

function shown(text: string): string {
  return printable(shorten(text, 60));
}
