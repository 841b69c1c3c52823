import { relative, resolve, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import type { PassedGit } from './passed.ts';

/** `git add` where there is no git program: the one passed-through verb a day's work can't do without. */
export function addWithoutGit(reader: Reader, args: readonly string[]): Effect<PassedGit> {
  const { root } = reader.git.paths;
  if (root === undefined) throw new BitError('unsupported', 'a bare repository has no files to add');
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const before = args.slice(0, end);
  const options = before.filter((word) => word.startsWith('-'));
  const all = options.some((word) => word === '-A' || word === '--all');
  const update = options.some((word) => word === '-u' || word === '--update');
  const other = options.find((word) => !/^(-A|--all|-u|--update)$/.test(word));
  if (other !== undefined || (all && update)) {
    throw new BitError(
      'unsupported',
      `git add ${printable(shorten(options.join(' ')))} needs the git program, which is not on PATH`,
    );
  }
  const given = [...before.filter((word) => !word.startsWith('-')), ...args.slice(end + 1)];
  const paths = given.map((path) => inside(root, resolve(reader.cwd, path), path));
  if (paths.length === 0 && !all && !update) throw new BitError('usage', 'nothing to add: no path is given');
  const words = ['add', ...args];
  return {
    action: 'git.add',
    event: 'GIT_ADD',
    summary: printable(shorten(`git ${words.join(' ')}`, 200)),
    target: { verb: 'add', words: args, alias: null, external: false, settings: [] },
    plan: [`git ${words.join(' ')}`],
    touches: { refs: [], index: true },
    async run(writer) {
      await writer.git.add(paths, { all, update });
      return { verb: 'add', words, exit: 0, stdout: '', stderr: '' };
    },
    record: ({ verb, exit }) => ({ verb, exit }),
  };
}

function inside(root: string, path: string, given: string): string {
  const way = relative(root, path);
  if (way === '..' || way.startsWith(`..${sep}`) || resolve(root, way) !== path)
    throw new BitError('usage', `'${printable(shorten(given))}' is outside the repository`);
  return way === '' ? '.' : way.split(sep).join('/');
}
