import type { GitReader } from '../git/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import type { Finding } from './index.ts';
import { scanLine } from './line.ts';
import { parseAddedLines } from './staged.ts';

const AT_ONCE = 100;
const MOST_FINDINGS = 1000;

/** A secret in the history, with the commit that brought it. */
export interface HistoryFinding extends Finding {
  readonly commit: string;
}

export interface HistoryScan {
  readonly commits: number;
  readonly findings: readonly HistoryFinding[];
  /** Commits there are beyond those looked at. */
  readonly left: number;
  /** Commits whose change is too large to be looked at. */
  readonly large: readonly string[];
}

/**
 * Secrets in the lines that the commits of all refs added, the newest commits first; merges by what their parents' sides
 * added. The same line in the same file is told once, with the newest commit that added it.
 */
export async function scanHistory(
  git: GitReader,
  options: {
    readonly most: number;
    readonly signal: AbortSignal;
    readonly update?: (done: number, total: number) => void;
  },
): Promise<HistoryScan> {
  const listed = await git.read(['rev-list', '--all', '--no-merges']);
  const all = listed.stdout.split('\n').filter((oid) => oid !== '');
  const commits = all.slice(0, options.most);
  const findings = new Map<string, HistoryFinding>();
  const large: string[] = [];
  const queue = chunks(commits, AT_ONCE);
  let done = 0;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (options.signal.aborted) throw new BitError('cancelled', 'interrupted');
    const patch = await patchOf(git, next);
    if (patch === undefined) {
      // together they are too large: in halves, and one that is too large alone is named
      if (next.length === 1) large.push(next[0] ?? '');
      else queue.unshift(...chunks(next, Math.ceil(next.length / 2)));
      continue;
    }
    done += next.length;
    options.update?.(done, commits.length);
    for (const { path, line, text, commit } of parseAddedLines(patch)) {
      for (const finding of scanLine(path, line, text)) {
        const key = `${path}\0${finding.rule}\0${text}`;
        if (!findings.has(key)) findings.set(key, { ...finding, commit });
      }
    }
    if (findings.size >= MOST_FINDINGS) break;
  }
  return { commits: done, findings: [...findings.values()], left: all.length - commits.length, large };
}

async function patchOf(git: GitReader, commits: readonly string[]): Promise<string | undefined> {
  const diff = ['diff-tree', '--stdin', '-r', '--root', '--patch', '--text', '--unified=0', '--no-renames'];
  const plain = ['--no-color', '--no-ext-diff', '--no-textconv', '--src-prefix=a/', '--dst-prefix=b/'];
  const rest = ['--inter-hunk-context=0', '--diff-filter=AMT', '--ignore-submodules=all'];
  try {
    return (
      await git.read([...diff, ...plain, ...rest], { input: commits.map((oid) => `${oid}\n`).join('') })
    ).stdout;
  } catch (error) {
    if (isBitError(error, 'failed')) return undefined;
    throw error;
  }
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  );
}
