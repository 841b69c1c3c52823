/**
 * A repository and its copy. `bit` works on the one, plain git on the other, at the same moment by their clocks: both
 * must come out alike, down to the ids of commits.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type BitRun, type World, world } from '../world.ts';

export interface Twins extends World {
  /** The copy. */
  readonly twin: string;
  /** Copies `dir` to `twin` as it is now; what follows is compared. */
  split(): void;
  /** Plain git in the copy. */
  theirs(...args: string[]): string;
  /** Both repositories hold the same, and git finds no fault in the one `bit` worked on. */
  alike(): void;
  /** Everything that should be the same, as one object. */
  standing(): Standing;
  /** Runs the command, which must succeed. */
  ok(...words: string[]): Promise<BitRun>;
  /** Runs it, which must fail with `code` and leave everything as it was. */
  refused(code: number, ...words: string[]): Promise<BitRun>;
  /** Runs it under `--dry-run`, which must change nothing, and then really. */
  rehearsed(...words: string[]): Promise<BitRun>;
  /** Runs it, then takes it back, then redoes it: as before, and as after. */
  undone(...words: string[]): Promise<void>;
}

export interface Standing {
  readonly head: string;
  readonly refs: readonly string[];
  readonly index: string;
  readonly status: string;
  readonly files: readonly string[];
  readonly config: readonly string[];
  readonly middle: readonly string[];
}

const MIDDLE = ['MERGE_HEAD', 'MERGE_MSG', 'MERGE_MODE', 'SQUASH_MSG', 'CHERRY_PICK_HEAD', 'REVERT_HEAD'];

export const FIXED = {
  GIT_AUTHOR_DATE: '2026-03-01T10:00:00+01:00',
  GIT_COMMITTER_DATE: '2026-03-01T10:00:00+01:00',
};

export function twins(): Twins {
  const place = world({ env: FIXED });
  const twin = join(place.root, 'twin');
  const standing = (): Standing => standingOf(place, place.dir);
  const ok = async (...words: string[]): Promise<BitRun> => {
    const run = await place.bit(...words);
    assert.is(run.code, 0, `bit ${words.join(' ')}: ${run.stderr}`);
    return run;
  };
  return {
    ...place,
    twin,
    split() {
      cpSync(place.dir, twin, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
      place.gitIn(twin, 'status'); // the copied index knows other inodes
    },
    theirs: (...args) => place.gitIn(twin, ...args),
    alike() {
      assert.equal(standing(), standingOf(place, twin));
      sound(place, place.dir);
    },
    standing,
    ok,
    async refused(code, ...words) {
      const before = standing();
      const run = await place.bit(...words);
      assert.is(run.code, code, `bit ${words.join(' ')}: ${run.stdout}${run.stderr}`);
      assert.equal(standing(), before);
      assert.not.match(run.stderr, /\n\s+at .*:\d+/);
      return run;
    },
    async rehearsed(...words) {
      const before = standing();
      const entries = existsSync(join(place.dir, '.git', 'bit'));
      await ok(...words, '--dry-run');
      assert.equal(standing(), before);
      assert.is(existsSync(join(place.dir, '.git', 'bit')), entries, 'a dry run makes no state');
      return ok(...words);
    },
    async undone(...words) {
      const before = standing();
      await ok(...words);
      const after = standing();
      assert.not.equal(after, before);
      await ok('undo', '--yes');
      assert.equal(standing(), before);
      await ok('redo', '--yes');
      assert.equal(standing(), after);
      sound(place, place.dir);
    },
  };
}

/** `run` in twins of its own; `start()` has been called. */
export async function withTwins(run: (place: Twins) => Promise<void>): Promise<void> {
  const place = twins();
  try {
    place.start();
    await run(place);
  } finally {
    place.close();
  }
}

export function standingOf(place: World, dir: string): Standing {
  const git = (...args: string[]): string => place.gitIn(dir, ...args);
  const answer = (...args: string[]): string => {
    try {
      return git(...args);
    } catch {
      return '';
    }
  };
  const bare = git('rev-parse', '--is-bare-repository') === 'true';
  const gitDir = git('rev-parse', '--absolute-git-dir');
  return {
    head: answer('symbolic-ref', '-q', 'HEAD') || git('rev-parse', 'HEAD'),
    refs: git('for-each-ref', '--format=%(refname) %(objectname) %(symref)')
      .split('\n')
      .filter((line) => !line.startsWith('refs/bithub/')),
    index: bare ? '' : git('ls-files', '--stage', '-t', '-z'),
    status: bare ? '' : git('status', '--porcelain=v2', '--branch', '-z', '--untracked-files=all'),
    files: bare ? [] : filesOf(dir),
    config: answer('config', '--local', '--list', '-z').split('\0').sort(),
    middle: MIDDLE.filter((name) => existsSync(join(gitDir, name))).map(
      (name) => `${name}: ${readFileSync(join(gitDir, name), 'utf8')}`,
    ),
  };
}

/** Every file with its kind, executable bit and bytes. */
function filesOf(dir: string, under = ''): string[] {
  return readdirSync(join(dir, under), { withFileTypes: true }).flatMap((entry) => {
    const name = under === '' ? entry.name : `${under}/${entry.name}`;
    if (entry.name === '.git') return [];
    if (entry.isDirectory()) return filesOf(dir, name);
    const path = join(dir, name);
    if (entry.isSymbolicLink()) return [`${name} -> ${readlinkSync(path)}`];
    return [`${name} ${(lstatSync(path).mode & 0o111) !== 0 ? 'x' : '-'} ${readFileSync(path, 'base64')}`];
  });
}

function sound(place: World, dir: string): void {
  const said = execFileSync('git', ['fsck', '--strict', '--no-dangling', '--no-progress'], {
    cwd: dir,
    env: place.env,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  assert.is(said.trim(), '');
}
