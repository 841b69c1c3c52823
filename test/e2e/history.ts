/** A history that is the same every time it is made, id for id. */

export const COMMITS = 3000;
const START = 1_700_000_000;
const FILES = 240;

/**
 * A stream for `git fast-import`: 3,000 commits on main over 240 files, each 50th of them the merge of a side branch,
 * a tag each 500th, and a branch `release`.
 */
export function fastImport(): string {
  const out: string[] = [];
  let mark = 0;
  let main = 0;
  const commit = (
    ref: string,
    n: number,
    options: { from?: number; merge?: number; path: string },
  ): number => {
    mark += 1;
    const { from, merge, path } = options;
    const by = `Dev ${n % 7} <dev${n % 7}@example.org> ${START + n * 600} +0000`;
    out.push(
      `commit ${ref}`,
      `mark :${mark}`,
      `author ${by}`,
      `committer ${by}`,
      data(`change ${n} of ${path}\n`),
    );
    if (from !== undefined) out.push(`from :${from}`);
    if (merge !== undefined) out.push(`merge :${merge}`);
    out.push(`M 100644 inline ${path}`, data(contentOf(path, n)));
    return mark;
  };
  for (let n = 1; n <= COMMITS; n++) {
    const path = pathOf(n);
    if (n % 50 === 0) {
      const side = commit(`refs/heads/side`, n, { from: main, path: `side/${n}.txt` });
      main = commit('refs/heads/main', n, { from: main, merge: side, path });
    } else main = commit('refs/heads/main', n, { ...(main === 0 ? {} : { from: main }), path });
    if (n % 500 === 0) out.push(`reset refs/tags/v0.${n / 500}`, `from :${main}`, '');
  }
  out.push('reset refs/heads/release', `from :${main}`, '');
  return `${out.join('\n')}\n`;
}

function pathOf(n: number): string {
  const file = (n * 37) % FILES;
  return n === 1 ? 'README.md' : `src/part${file % 12}/file${file}.txt`;
}

function contentOf(path: string, n: number): string {
  return Array.from({ length: 12 }, (_, line) => `${path} line ${line} ${line % 4 === n % 4 ? n : 0}\n`).join(
    '',
  );
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}
