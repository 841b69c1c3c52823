import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { digestOf } from '../repository/digest.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';

/** Every query of status, diff, log, help, policy, ledger and key, as people type it. */
const QUERIES: readonly (readonly string[])[] = [
  ['status'],
  ['status', 'deep'],
  ['status', 'shallow'],
  ['diff'],
  ['diff', 'raw'],
  ['diff', '--stat'],
  ['diff', '--staged'],
  ['log'],
  ['log', 'audit'],
  ['log', 'full', 'global'],
  ['log', '--path', 'a.txt'],
  ['help', 'context'],
  ['policy', 'check'],
  ['policy', 'check', 'response'],
  ['policy', 'check', '--explain', '--action', 'repo.commit'],
  ['policy', 'show'],
  ['policy', 'eval', '1'],
  ['ledger', 'verify'],
  ['ledger', 'list'],
  ['key', 'show'],
];
/** Outside a repository there is nothing to compare or to tell of. */
const NEED_REPOSITORY = new Set(['status', 'diff', 'log']);
const NEED_TREE = new Set(['diff']);

interface Situation {
  readonly name: string;
  readonly prepare: (place: World) => string | Promise<string>;
  readonly refuses?: (query: readonly string[]) => boolean;
}

const SITUATIONS: readonly Situation[] = [
  {
    name: 'outside a repository',
    prepare: (place) => place.root,
    refuses: (query) => NEED_REPOSITORY.has(query[0] ?? '') && !query.includes('global'),
  },
  {
    name: 'before the first commit',
    prepare(place) {
      place.gitIn(place.root, 'init', '-q', 'empty');
      return join(place.root, 'empty');
    },
  },
  {
    name: 'with HEAD detached',
    prepare(place) {
      place.git('checkout', '-q', '--detach');
      return place.dir;
    },
  },
  {
    name: 'in a bare repository',
    prepare(place) {
      place.gitIn(place.root, 'clone', '-q', '--bare', place.dir, 'bare.git');
      return join(place.root, 'bare.git');
    },
    refuses: (query) => NEED_TREE.has(query[0] ?? ''),
  },
  {
    name: 'in the middle of a merge',
    prepare(place) {
      place.git('checkout', '-q', '-b', 'topic');
      place.write('a.txt', 'topic\n');
      place.git('commit', '-q', '-am', 'topic');
      place.git('checkout', '-q', 'main');
      place.write('a.txt', 'main\n');
      place.git('commit', '-q', '-am', 'main');
      assert.throws(() => place.git('merge', '-q', 'topic'));
      return place.dir;
    },
    refuses: (query) => query[1] === 'raw',
  },
  {
    name: 'after bit was used, with changes and an index git would refresh',
    async prepare(place) {
      await place.bit('policy', 'accept');
      await place.bit('branch', 'new', 'topic');
      place.write('a.txt', 'changed\n');
      place.write('new.txt', 'new\n');
      symlinkSync('nowhere', join(place.dir, 'dangling'));
      return place.dir;
    },
  },
  {
    name: 'in a linked work tree',
    prepare(place) {
      place.git('worktree', 'add', '-q', join(place.root, 'linked'));
      return join(place.root, 'linked');
    },
  },
];

suite('queries change no byte', (test) => {
  for (const { name, prepare, refuses } of SITUATIONS) {
    test(name, async () => {
      const place = world();
      try {
        place.start();
        const dir = await prepare(place);
        for (const query of QUERIES) {
          const watched = ['repo', 'empty', 'bare.git', 'linked', 'data', 'config'].map((part) =>
            join(place.root, part),
          );
          const before = digestOf(...watched);
          const { code, stderr } = await place.bitIn(dir, ...query);
          assert.is(digestOf(...watched), before, `bit ${query.join(' ')} changed something`);
          const refused = refuses?.(query) === true;
          assert.is(code !== 0, refused, `bit ${query.join(' ')}: ${code} ${stderr}`);
          assert.is.not(code, 70, stderr);
        }
      } finally {
        place.close();
      }
    });
  }
});
