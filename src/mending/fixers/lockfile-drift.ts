import { posix } from 'node:path';
import { printable, shorten } from '../../kernel/text.ts';
import { inFolder, invocationsOf } from '../invocation.ts';
import { LOCK_FILES, type LockFile } from '../locks.ts';
import type { Bench, Change, FailedStep, Finding, Fixer } from '../model.ts';
import { evidenceOf } from './evidence.ts';

/** What a lock file holds of a package that isn't what is served now: nobody should write that over unseen. */
const FORGED = /\bchecksum mismatch\b|\bEINTEGRITY\b|\bchecksum for `[^`]{1,200}` changed\b/;

/** A lock file that does not fit what it was made from: its own tool makes it again. */
export const lockfileDrift: Fixer = {
  name: 'lockfile-drift',
  title: 'a lock file does not fit its manifest',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const lines = failure.log.split('\n', 4000);
    const forged = lines.findIndex((line) => line.length < 2000 && FORGED.test(line));
    if (forged >= 0) return [mismatch(failure, forged)];
    const found: Finding[] = [];
    for (const lock of LOCK_FILES) {
      const at = lines.findIndex(
        (line) => line.length < 2000 && lock.drift.some((pattern) => pattern.test(line)),
      );
      if (at < 0) continue;
      const folder = await folderOf(failure, bench, lock);
      if (folder === undefined) continue;
      const file = posix.join(folder, lock.file);
      // a project with a shrinkwrap has no other
      if (lock.file === 'npm-shrinkwrap.json' && (await bench.read(file)) === undefined) continue;
      if (
        lock.file === 'package-lock.json' &&
        (await bench.read(posix.join(folder, 'npm-shrinkwrap.json'))) !== undefined
      )
        continue;
      const made = await remake(lock, folder, bench);
      const there = (await bench.read(file)) !== undefined;
      const command = `${folder === '.' ? '' : `cd ${folder} && `}${lock.scripts[0] ?? ''}`;
      found.push({
        fixer: 'lockfile-drift',
        cause: there
          ? `${file} does not fit ${posix.join(folder, lock.manifest)}`
          : `${file} is missing, and ${lock.tool} installs only by it here`,
        evidence: [evidenceOf(failure, at), ...details(failure, lines, at), { file, text: made.said }],
        confidence: made.changes === null ? 0.7 : 0.95,
        changes: made.changes,
        advice: command,
      });
    }
    return found;
  },
};

interface Made {
  readonly changes: readonly Change[] | null;
  readonly said: string;
}

/** What the lock file's tool writes in a copy of the tree; `before` runs first there. */
export async function remake(lock: LockFile, folder: string, bench: Bench, before = ''): Promise<Made> {
  const own = new Set([lock.file, ...(lock.also ?? [])].map((name) => posix.join(folder, name)));
  let said = `${lock.tool} changes nothing of it`;
  for (const script of lock.scripts) {
    const whole = before === '' ? script : `${before} && ${script}`;
    const { status, output, changes } = await bench.tool(inFolder(folder, whole), {
      network: true,
      seconds: 300,
    });
    const kept = changes.filter(({ path, content }) => own.has(path) && content !== null);
    if (status === 0 && kept.length > 0) return { changes: kept, said: `as ${script} writes it` };
    if (status !== 0) said = `${script} ended with ${status}: ${shorten(printable(lastLine(output)), 200)}`;
  }
  return { changes: null, said };
}

function lastLine(output: string): string {
  return (
    output
      .slice(-4000)
      .split('\n')
      .filter((line) => line.trim() !== '' && !/complete log of this run/.test(line))
      .at(-1) ?? ''
  );
}

/** The folder its tool ran in; else the one that holds such a file, where there is only one. */
async function folderOf(failure: FailedStep, bench: Bench, lock: LockFile): Promise<string | undefined> {
  const invocations = await invocationsOf(failure, bench);
  const folder = invocations.find(({ program }) => program === lock.tool)?.folder ?? failure.workingDirectory;
  for (let at = folder; ; at = posix.dirname(at)) {
    if ((await bench.read(posix.join(at, lock.manifest))) !== undefined) {
      // a workspace's lock file lies above its packages
      const above = await lockAbove(at, lock, bench);
      return above ?? at;
    }
    if (at === '.' || at === '') break;
  }
  const [only, second] = await bench.list([lock.file, `**/${lock.file}`]);
  return only === undefined || second !== undefined ? undefined : posix.dirname(only);
}

async function lockAbove(folder: string, lock: LockFile, bench: Bench): Promise<string | undefined> {
  for (let at = folder; ; at = posix.dirname(at)) {
    if ((await bench.read(posix.join(at, lock.file))) !== undefined) return at;
    if (at === '.' || at === '') return undefined;
  }
}

/** Lines that name what does not fit. */
function details(failure: FailedStep, lines: readonly string[], from: number): Finding['evidence'] {
  return lines
    .slice(from + 1, from + 40)
    .flatMap((line, at) =>
      line.length < 500 &&
      /\b(?:Missing|Invalid): \S|\bspecifiers? in the lockfile\b|^\* \d+ dependenc/.test(line)
        ? [evidenceOf(failure, from + 1 + at)]
        : [],
    )
    .slice(0, 5);
}

function mismatch(failure: FailedStep, at: number): Finding {
  return {
    fixer: 'lockfile-drift',
    cause: 'a package that was fetched is not the one the lock file names by its digest',
    evidence: [evidenceOf(failure, at)],
    confidence: 0.8,
    changes: null,
    advice:
      'find out why the package changed before the lock file is written over: a proxy, a republished version, or an attack',
  };
}
