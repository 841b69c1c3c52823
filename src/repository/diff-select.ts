import { existsSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { checkPath, checkRevision, type GitReader, type Oid } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';

export interface DiffQuestion {
  /** Revisions, a range (`a..b`, `a...b`), or paths, as typed. */
  readonly words: readonly string[];
  readonly paths: readonly string[];
  readonly staged: boolean;
}

/** What is compared, in git's terms: at most two objects, the index or the work tree, some paths. */
export interface DiffSides {
  readonly from: string;
  readonly to: string;
  /** Arguments for git that say the same. */
  readonly args: readonly string[];
  readonly paths: readonly string[];
}

/** @throws BitError `not-found` for a word that is neither a revision nor a path, `usage` for sides that don't go together */
export async function selectSides(reader: Reader, question: DiffQuestion): Promise<DiffSides> {
  const { git } = reader;
  const revisions: { readonly word: string; readonly oid: Oid }[] = [];
  const paths: string[] = [];
  for (const word of question.words) {
    const range = paths.length === 0 && revisions.length === 0 ? await readRange(git, word) : undefined;
    if (range !== undefined) {
      revisions.push(...range);
      continue;
    }
    const oid = paths.length === 0 && revisions.length < 2 ? await revisionOf(git, word) : undefined;
    if (oid !== undefined) revisions.push({ word, oid });
    else if (isPathHere(reader, word)) paths.push(word);
    else throw await notFound(git, word);
  }
  const [a, b] = revisions;
  if (question.staged && b !== undefined) {
    throw new BitError('usage', '--staged compares the index with one commit; two were named');
  }
  if (git.paths.root === undefined && b === undefined) {
    throw new BitError('usage', 'a bare repository has no work tree to compare with', {
      hint: 'name two commits',
    });
  }
  const from = a === undefined ? (question.staged ? 'HEAD' : 'index') : a.word;
  return {
    from,
    to: b === undefined ? (question.staged ? 'index' : 'work tree') : b.word,
    args: [
      ...(question.staged ? ['--cached'] : []),
      ...[a, b].flatMap((side) => (side === undefined ? [] : [side.oid])),
    ],
    paths: [...paths, ...question.paths].map((path) => repositoryPath(reader, path)),
  };
}

/** `a..b` compares the two; `a...b` what b did since they parted. A side left out is HEAD. */
async function readRange(git: GitReader, word: string): Promise<{ word: string; oid: Oid }[] | undefined> {
  const parts = /^(.*?)(\.{2,3})(.*)$/.exec(word);
  if (parts === null || word.startsWith('./') || word.startsWith('../') || word === '..') return undefined;
  const [left, right] = [parts[1] || 'HEAD', parts[3] || 'HEAD'];
  const [a, b] = [await revisionOf(git, left), await revisionOf(git, right)];
  if (a === undefined) throw await notFound(git, left);
  if (b === undefined) throw await notFound(git, right);
  if (parts[2] === '..')
    return [
      { word: left, oid: a },
      { word: right, oid: b },
    ];
  const base = await git.mergeBase(a, b);
  if (base === undefined)
    throw new BitError('not-found', `${printable(left)} and ${printable(right)} share no commit`);
  return [
    { word: `${left}...${right}`, oid: base },
    { word: right, oid: b },
  ];
}

async function revisionOf(git: GitReader, word: string): Promise<Oid | undefined> {
  if (word.includes('..')) return undefined;
  return git.resolve(checkRevision(word), 'any');
}

function isPathHere(reader: Reader, word: string): boolean {
  return reader.git.paths.root !== undefined && word !== '' && existsSync(resolve(reader.cwd, word));
}

/** A path as typed, relative to where the person stands, as git knows it. */
export function repositoryPath(reader: Reader, path: string): string {
  const { root } = reader.git.paths;
  if (root === undefined) return checkPath(path);
  const inside = relative(root, resolve(reader.cwd, path)).split(sep).join('/');
  return checkPath(inside === '' ? '.' : inside);
}

async function notFound(git: GitReader, word: string): Promise<BitError> {
  const shown = printable(word);
  if (word === 'HEAD') return new BitError('not-found', 'there is no commit yet');
  const refs = await git.refs(['refs/heads/', 'refs/tags/', 'refs/remotes/']);
  const near = nearest(
    word,
    refs.map((ref) => ref.name.replace(/^refs\/(heads|tags|remotes)\//, '')),
  );
  return new BitError('not-found', `'${shown}' is neither a revision nor a path`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : 'a path that is gone is named with --path',
    details: { word: shown },
  });
}
