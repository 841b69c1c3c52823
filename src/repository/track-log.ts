/** What `git log -z` prints with {@link LOG_FORMAT} and `--numstat` or `--name-status`. */
export const LOG_FORMAT = '--format=%x01%H%x1f%aI%x1f%aN%x1f%s';

export interface LoggedCommit {
  readonly oid: string;
  readonly date: string;
  readonly author: string;
  readonly subject: string;
  readonly files: readonly LoggedFile[];
}

export interface LoggedFile {
  readonly path: string;
  /** Where it was, for a rename or copy. */
  readonly from: string | undefined;
  /** `A M D R C T`, from `--name-status`. */
  readonly status: string;
  /** Lines, from `--numstat`; undefined for a binary file. */
  readonly added: number | undefined;
  readonly deleted: number | undefined;
}

const HEADER = /^\u0001([0-9a-f]{40,64})\u001f([^\u001f]*)\u001f([^\u001f]*)\u001f([\s\S]*)$/;
const NUMSTAT = /^(\d+|-)\t(\d+|-)\t([\s\S]*)$/;
const STATUS = /^([AMDTUX]|[RC]\d{0,3})$/;

/**
 * Reads the fields in the order git writes them, so that no path or subject, whatever it holds, can be taken for a
 * commit: a path is only read where one is due.
 */
export function parseLog(output: string): LoggedCommit[] {
  const fields = output.split('\0');
  const commits: LoggedCommit[] = [];
  let files: LoggedFile[] = [];
  for (let at = 0; at < fields.length; at++) {
    const field = (fields[at] ?? '').replace(/^\n/, '');
    const [, oid, date, author, subject] = HEADER.exec(field) ?? [];
    if (oid !== undefined) {
      files = [];
      commits.push({ oid, date: date ?? '', author: author ?? '', subject: subject ?? '', files });
      continue;
    }
    const [, added, deleted, path] = NUMSTAT.exec(field) ?? [];
    if (path !== undefined) {
      const lines = { status: '', added: lineCount(added), deleted: lineCount(deleted) };
      if (path !== '') files.push({ path, from: undefined, ...lines });
      else files.push({ from: fields[++at] ?? '', path: fields[++at] ?? '', ...lines });
      continue;
    }
    const [, status] = STATUS.exec(field) ?? [];
    if (status === undefined) continue;
    const moved = status.startsWith('R') || status.startsWith('C');
    const from = moved ? (fields[++at] ?? '') : undefined;
    files.push({
      path: fields[++at] ?? '',
      from,
      status: status.slice(0, 1),
      added: undefined,
      deleted: undefined,
    });
  }
  return commits;
}

function lineCount(text: string | undefined): number | undefined {
  return text === undefined || text === '-' ? undefined : Number(text);
}
