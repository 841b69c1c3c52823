/** What runs at once in a round: four `bit` processes that may be killed, and plain git that may not. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { BitEnd, GitAnswer, Ground, KillOrder } from './ground.ts';
import type { Random } from './random.ts';

export const ACTORS = 4;

/** One `bit` command and what must be true of the repository once it was acknowledged. */
export interface Deed {
  readonly kind: 'commit' | 'merge' | 'sync' | 'branch delete';
  readonly words: readonly string[];
  /** Exit statuses that are honest: done, or refused because of what the others did. */
  readonly honest: readonly number[];
  readonly holds: Pledge | undefined;
}

/** What an acknowledgement promises. */
export type Pledge =
  | { readonly what: 'commit' }
  | { readonly what: 'contains'; readonly commit: string }
  | { readonly what: 'no branch'; readonly branch: string; readonly tip: string };

export async function prepareDeed(
  ground: Ground,
  round: number,
  actor: number,
  random: Random,
): Promise<Deed> {
  const id = `r${round}-a${actor}`;
  const chance = random.next();
  if (chance < 0.35) return prepareCommit(ground, id, random);
  if (chance < 0.55) return prepareMerge(ground, id, random);
  if (chance < 0.75) return prepareSync(ground, id, random);
  return prepareDelete(ground, id, random);
}

function prepareCommit(ground: Ground, id: string, random: Random): Deed {
  const words = ['-m', `commit ${id}`, '--json'];
  const holds = { what: 'commit' } as const;
  if (random.next() < 0.4) {
    const path = random.pick(['src/one.txt', 'src/two.txt']);
    ground.write(path, `${id}\n`);
    return { kind: 'commit', words: ['commit', path, ...words], honest: [0, 1], holds };
  }
  ground.write(`made/${id}.txt`, `${id}\n`);
  return { kind: 'commit', words: ['commit', '--stage', `made/${id}.txt`, ...words], honest: [0, 1], holds };
}

/** Some merges fast-forward, some make a commit, some conflict; a third go into a branch that isn't checked out. */
async function prepareMerge(ground: Ground, id: string, random: Random): Promise<Deed> {
  const topic = `topic-${id}`;
  const path = random.next() < 0.25 ? 'shared.txt' : `merged/${id}.txt`;
  const base = random.next() < 0.5 ? 'main' : 'main~1';
  const commit = await commitOn(ground, base, path, `${id}\n`, `topic ${id}`);
  await ground.mustGit(ground.repo, ['update-ref', `refs/heads/${topic}`, commit]);
  const words = ['merge', topic];
  if (random.next() < 0.33) {
    await ground.mustGit(ground.repo, ['branch', '-f', 'landing', 'main~1']);
    words.push('landing');
  }
  if (random.next() < 0.5) words.push('--no-ff');
  return {
    kind: 'merge',
    words: [...words, '--json'],
    honest: [0, 1],
    holds: { what: 'contains', commit },
  };
}

async function prepareSync(ground: Ground, id: string, random: Random): Promise<Deed> {
  const { peer, mustGit, git } = ground;
  await mustGit(peer, ['pull', '-q', '--rebase']);
  await mustGit(peer, ['commit', '-q', '--allow-empty', '-m', `peer ${id}`]);
  const pushed = await git(peer, ['push', '-q']);
  const commit = pushed.status === 0 ? await mustGit(peer, ['rev-parse', 'HEAD']) : undefined;
  const mode = random.pick(['from', 'with']);
  return {
    kind: 'sync',
    words: ['sync', mode, 'origin', '--json'],
    // 6: another's push came between fetch and push, which a remote refuses
    honest: [0, 1, 6],
    holds: commit === undefined ? undefined : { what: 'contains', commit },
  };
}

async function prepareDelete(ground: Ground, id: string, random: Random): Promise<Deed> {
  const branch = `gone-${id}`;
  const own = random.next() < 0.5;
  const tip = own
    ? await commitOn(ground, 'main', `gone/${id}.txt`, `${id}\n`, `gone ${id}`)
    : await ground.mustGit(ground.repo, ['rev-parse', 'main']);
  await ground.mustGit(ground.repo, ['branch', branch, tip]);
  const force = own ? ['--force', '--yes'] : [];
  return {
    kind: 'branch delete',
    words: ['branch', 'delete', branch, ...force, '--json'],
    honest: [0, 1],
    holds: { what: 'no branch', branch, tip },
  };
}

/** A commit by plumbing through an index of its own: touches neither index nor work tree of the clone. */
async function commitOn(
  ground: Ground,
  base: string,
  path: string,
  text: string,
  message: string,
): Promise<string> {
  const { repo, root, mustGit } = ground;
  const env = { GIT_INDEX_FILE: `${root}/plumbing.index` };
  const blob = await mustGit(repo, ['hash-object', '-w', '--stdin'], { input: text });
  await mustGit(repo, ['read-tree', base], { env });
  await mustGit(repo, ['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], { env });
  const tree = await mustGit(repo, ['write-tree'], { env });
  return mustGit(repo, ['commit-tree', tree, '-p', base, '-m', message]);
}

export interface PlainGit {
  /** Commits that git itself said it made. */
  readonly commits: readonly string[];
  /** Refs that git itself said it wrote, which nobody else touches. */
  readonly refs: ReadonlyMap<string, string>;
  /** Commands that met a lock of `bit`'s git, as they meet another git's. */
  readonly refused: number;
}

/** Plain git at work in the same clone for as long as `bit` is. */
export async function plainGit(
  ground: Ground,
  round: number,
  random: Random,
  done: { readonly now: boolean },
): Promise<PlainGit> {
  const { repo, git } = ground;
  const commits: string[] = [];
  const refs = new Map<string, string>();
  let refused = 0;
  const told = (answer: GitAnswer): boolean => {
    if (answer.status !== 0) refused += 1;
    return answer.status === 0;
  };
  for (let turn = 0; !done.now && turn < 40; turn++) {
    const id = `r${round}-${turn}`;
    const chance = random.next();
    if (chance < 0.3) {
      ground.write('plain.txt', `${id}\n`);
      const made = await git(repo, ['commit', '-m', `plain ${id}`, '--', 'plain.txt']);
      const short = /^\[.*?([0-9a-f]{7,40})\] plain/.exec(made.stdout)?.[1];
      if (told(made) && short !== undefined) commits.push(short);
    } else if (chance < 0.6) {
      const tip = await git(repo, ['rev-parse', 'HEAD']);
      const name = `refs/heads/plain-${id}`;
      if (told(tip) && told(await git(repo, ['update-ref', name, tip.stdout]))) refs.set(name, tip.stdout);
    } else if (chance < 0.8) {
      told(await git(repo, ['tag', `plain-${id}`]));
    } else {
      told(await git(repo, ['status', '--short']));
    }
    await sleep(random.below(60));
  }
  return { commits, refs, refused };
}

/** All of a round's processes at once; some in the middle of what they do die. */
export async function runRound(
  ground: Ground,
  round: number,
  deeds: readonly Deed[],
  random: Random,
  longest: number,
): Promise<{ readonly ends: readonly BitEnd[]; readonly plain: PlainGit }> {
  const done = { now: false };
  const plain = plainGit(ground, round, random, done);
  const orders = deeds.map(
    (): KillOrder => ({ after: random.next() ** 1.2 * longest, group: random.next() < 0.5 }),
  );
  const ends = await Promise.all(deeds.map(({ words }, at) => ground.bit(words, orders[at])));
  done.now = true;
  return { ends, plain: await plain };
}
