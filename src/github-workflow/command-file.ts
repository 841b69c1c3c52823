import { BitError } from '../kernel/errors.ts';

const MOST_BYTES = 10 * 1024 * 1024;

/** A name and its value as a step wrote them to `$GITHUB_ENV`, `$GITHUB_OUTPUT` or `$GITHUB_STATE`. */
export type Setting = readonly [name: string, value: string];

/**
 * `NAME=value` lines and `NAME<<DELIMITER` … `DELIMITER` blocks. Throws a `failed` BitError naming the line, and never
 * shows a value: it may be a secret.
 */
export function parseCommandFile(text: string, file: string): readonly Setting[] {
  if (Buffer.byteLength(text) > MOST_BYTES)
    throw new BitError('failed', `${file} is larger than ${MOST_BYTES >> 20} MiB`);
  const settings: Setting[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line === '') continue;
    const equals = line.indexOf('=');
    const heredoc = line.indexOf('<<');
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      settings.push([named(line.slice(0, equals), file, at), line.slice(equals + 1)]);
    } else if (heredoc >= 0) {
      const name = named(line.slice(0, heredoc), file, at);
      const delimiter = line.slice(heredoc + 2);
      if (delimiter === '') throw wrong(file, at, 'a delimiter is missing after <<');
      const end = lines.indexOf(delimiter, at + 1);
      if (end < 0) throw wrong(file, at, `the delimiter of ${name} does not follow`);
      settings.push([name, lines.slice(at + 1, end).join('\n')]);
      at = end;
    } else throw wrong(file, at, 'neither NAME=value nor NAME<<DELIMITER');
  }
  return settings;
}

function named(name: string, file: string, at: number): string {
  if (name === '' || name.includes('\0')) throw wrong(file, at, 'a name is missing');
  return name;
}

function wrong(file: string, at: number, what: string): BitError {
  return new BitError('failed', `${file}, line ${at + 1}: ${what}`, { details: { file, line: at + 1 } });
}

/** Why a step may not set this variable for the steps after it; undefined where it may. */
export function refusedVariable(name: string): string | undefined {
  if (/^(GITHUB|RUNNER)_/i.test(name)) return `${name} is the runner's own`;
  if (name.toUpperCase() === 'NODE_OPTIONS') return 'NODE_OPTIONS would change the actions that follow';
  return undefined;
}

/** The lines of `$GITHUB_PATH`. */
export function parsePathFile(text: string): readonly string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line !== '');
}
