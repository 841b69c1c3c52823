import fs from 'node:fs';
import type { ReadCommitResult } from 'isomorphic-git';
import type { Commit, LogQuery, Oid, Person } from './index.ts';
import { unsupported } from './isomorphic-errors.ts';
import { checkPath } from './names.ts';

type Git = typeof import('isomorphic-git').default;

export interface ObjectSource {
  readonly git: Git;
  readonly gitdir: string;
  readonly cache: object;
  /** A shallow clone ends where its objects end. */
  readonly shallow: boolean;
}

export function toCommit({ oid, commit }: ReadCommitResult): Commit {
  const [, subject = '', body = ''] = /^\s*((?:[^\n]|\n(?!\n))*)\n*([\s\S]*)$/.exec(commit.message) ?? [];
  return {
    oid,
    tree: commit.tree,
    parents: commit.parent,
    author: person(commit.author),
    committer: person(commit.committer),
    subject: subject.trimEnd().replaceAll('\n', ' '),
    body: body.replace(/\n+$/, ''),
  };
}

function person(who: { name: string; email: string; timestamp: number; timezoneOffset: number }): Person {
  // the offset counts minutes west of UTC, as Date's does
  const east = -who.timezoneOffset;
  const digits = (value: number) => String(value).padStart(2, '0');
  const zone = `${east < 0 ? '-' : '+'}${digits(Math.floor(Math.abs(east) / 60))}:${digits(Math.abs(east) % 60)}`;
  const local = new Date((who.timestamp + east * 60) * 1000).toISOString().slice(0, 19);
  return { name: who.name, email: who.email, date: `${local}${zone}` };
}

function instant(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw unsupported(`a relative date in --${name}`, 'Give it as 2026-01-31 or RFC 3339.');
  return time / 1000;
}

/**
 * The commits reachable from `from` and not from `not`, newest committer date first, all in memory. A path keeps the
 * commits that differ in it from every parent; git's further simplification of merges is not done.
 */
export async function walkLog(
  source: ObjectSource,
  query: LogQuery & { from: Oid[]; not: Oid[] },
): Promise<Commit[]> {
  if (query.follow === true) throw unsupported('following a file through renames');
  const since = instant('since', query.since);
  const until = instant('until', query.until);
  const author = query.author?.toLowerCase();
  const paths = (query.paths ?? []).map(checkPath);
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  const seen = await ancestors(source, query.not);
  const queue = await Promise.all(query.from.filter((oid) => !seen.has(oid)).map((oid) => read(source, oid)));
  for (const { oid } of queue) seen.add(oid);
  const found: Commit[] = [];
  while (queue.length > 0 && found.length < limit) {
    queue.sort((a, b) => a.commit.committer.timestamp - b.commit.committer.timestamp);
    const next = queue.pop();
    if (next === undefined) break;
    const parents = await availableParents(source, next);
    for (const parent of query.firstParent === true ? parents.slice(0, 1) : parents) {
      if (!seen.has(parent.oid)) queue.push(parent);
      seen.add(parent.oid);
    }
    const time = next.commit.committer.timestamp;
    if ((since !== undefined && time < since) || (until !== undefined && time > until)) continue;
    const by = `${next.commit.author.name} <${next.commit.author.email}>`.toLowerCase();
    if (author !== undefined && !by.includes(author)) continue;
    if (paths.length > 0 && !(await touches(source, next, parents, paths))) continue;
    found.push(toCommit(next));
  }
  return found;
}

export function read({ git, gitdir, cache }: ObjectSource, oid: Oid): Promise<ReadCommitResult> {
  return git.readCommit({ fs, gitdir, cache, oid });
}

async function availableParents(
  source: ObjectSource,
  { commit }: ReadCommitResult,
): Promise<ReadCommitResult[]> {
  const parents = await Promise.all(
    commit.parent.map((oid) =>
      read(source, oid).catch((error: unknown) => {
        if (source.shallow) return undefined;
        throw error;
      }),
    ),
  );
  return parents.filter((parent) => parent !== undefined);
}

export async function ancestors(source: ObjectSource, start: readonly Oid[]): Promise<Set<Oid>> {
  const seen = new Set<Oid>();
  const pending = [...start];
  for (let oid = pending.pop(); oid !== undefined; oid = pending.pop()) {
    if (seen.has(oid)) continue;
    seen.add(oid);
    for (const parent of await availableParents(source, await read(source, oid))) pending.push(parent.oid);
  }
  return seen;
}

async function touches(
  source: ObjectSource,
  commit: ReadCommitResult,
  parents: readonly ReadCommitResult[],
  paths: readonly string[],
): Promise<boolean> {
  for (const path of paths) {
    const here = await objectAt(source, commit.commit.tree, path);
    const before = await Promise.all(parents.map((parent) => objectAt(source, parent.commit.tree, path)));
    if (before.length === 0 ? here !== undefined : before.every((oid) => oid !== here)) return true;
  }
  return false;
}

export async function objectAt(
  { git, gitdir, cache }: ObjectSource,
  tree: Oid,
  path: string,
): Promise<Oid | undefined> {
  if (path === '.') return tree;
  let oid = tree;
  for (const part of path.split('/').filter((name) => name !== '' && name !== '.')) {
    const found = await git.readTree({ fs, gitdir, cache, oid }).catch((error: unknown) => {
      if ((error as { code?: string }).code === 'ObjectTypeError') return undefined;
      throw error;
    });
    const entry = found?.tree.find(({ path: name }) => name === part);
    if (entry === undefined) return undefined;
    oid = entry.oid;
  }
  return oid;
}
