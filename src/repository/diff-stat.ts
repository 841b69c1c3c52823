import type { Reader } from '../operation/index.ts';
import type { DiffSides } from './diff-select.ts';

export interface FileStat {
  readonly path: string;
  readonly from: string | null;
  /** Lines; null for a binary file. */
  readonly added: number | null;
  readonly removed: number | null;
}

export interface DiffStat {
  readonly files: readonly FileStat[];
  readonly added: number;
  readonly removed: number;
}

/** Counts of lines by file (`git diff --numstat -z`). */
export async function readStat(reader: Reader, sides: DiffSides): Promise<DiffStat> {
  const { stdout } = await reader.git.read(
    [
      ...[
        '--literal-pathspecs',
        'diff',
        '--numstat',
        '-z',
        '--no-ext-diff',
        '--no-textconv',
        '--no-relative',
      ],
      ...['--no-color', '--find-renames', '--find-copies', ...sides.args, '--', ...sides.paths],
    ],
    { signal: reader.signal },
  );
  const files: FileStat[] = [];
  const fields = stdout.split('\0');
  for (let i = 0; i < fields.length; i++) {
    const [, added = '', removed = '', path = ''] = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(fields[i] ?? '') ?? [];
    if (added === '') continue;
    const number = (text: string): number | null => (text === '-' ? null : Number(text));
    const moved = path === '';
    files.push({
      path: moved ? (fields[i + 2] ?? '') : path,
      from: moved ? (fields[i + 1] ?? '') : null,
      added: number(added),
      removed: number(removed),
    });
    if (moved) i += 2;
  }
  const sum = (member: 'added' | 'removed'): number =>
    files.reduce((total, file) => total + (file[member] ?? 0), 0);
  return { files, added: sum('added'), removed: sum('removed') };
}
