/**
 * The repository in which the first example of every command works: the names that examples use exist here.
 *
 * main has five commits over README.md and src/, one of them by `bit`; topic, old-try and older-try have three commits
 * each of their own; v1.1 and v1.2.0 are tags; origin is the bare `../origin.git`, and `../app` another repository with a
 * branch `release`. Nothing is staged or changed.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type World, world } from '../world.ts';

export interface Ground {
  /** A world of its own that starts as a copy of the ground. */
  copy(): World;
  close(): void;
}

export async function prepareGround(): Promise<Ground> {
  const first = world();
  await fill(first);
  return {
    copy() {
      const place = world();
      for (const name of ['repo', 'origin.git', 'app', 'config', 'data']) {
        rmSync(join(place.root, name), { recursive: true, force: true });
        cpSync(join(first.root, name), join(place.root, name), { recursive: true, verbatimSymlinks: true });
      }
      mkdirSync(join(place.root, 'empty'));
      return place;
    },
    close: () => first.close(),
  };
}

async function fill(place: World): Promise<void> {
  const { git, gitIn, write, root } = place;
  const commit = (message: string, ...paths: readonly string[]): void => {
    for (const path of paths) write(path, `${message}: ${path}\n`);
    git('add', '.');
    git('commit', '-q', '-m', message);
  };
  git('init', '-q', '-b', 'main', '--template=');
  commit('begin', 'README.md', 'src/index.ts');
  commit('add the main program', 'src/main.ts');
  git('tag', 'v1.1');
  for (const branch of ['topic', 'old-try', 'older-try']) {
    git('switch', '-q', '-c', branch, 'main');
    commit(`try ${branch}`, `${branch}.txt`);
    commit(`${branch} again`, `${branch}.txt`);
    commit(`${branch} once more`, `${branch}.txt`);
  }
  git('switch', '-q', 'main');
  commit('release', 'src/main.ts', 'art/logo.psd');
  git('tag', '-a', '-m', 'release', 'v1.2.0');
  commit('go on', 'src/main.ts');
  gitIn(root, 'clone', '-q', '--template=', '--bare', 'repo', 'origin.git');
  git('remote', 'add', 'origin', '../origin.git');
  git('fetch', '-q', 'origin');
  git('branch', '-q', '--set-upstream-to=origin/main');
  gitIn(root, 'clone', '-q', '--template=', 'origin.git', 'app');
  gitIn(join(root, 'app'), 'switch', '-q', '-c', 'release');
  mkdirSync(join(root, 'config'), { recursive: true });
  write('src/index.ts', 'by bit\n');
  const { code, stderr } = await place.bit('commit', 'src/index.ts', '-m', 'by bit');
  if (code !== 0) throw new Error(`the ground can't be laid: ${stderr}`);
  // it is copied and read whole for each command: a fourth of the files
  for (const name of ['repo', 'origin.git', 'app']) gitIn(join(root, name), 'repack', '-q', '-a', '-d');
}
