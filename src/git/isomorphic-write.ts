import type fs from 'node:fs';
import { BitError } from '../kernel/errors.ts';
import { lastValue } from './config-file.ts';
import type { Environment } from './environment.ts';
import type { Oid } from './index.ts';
import type { ObjectSource } from './isomorphic-log.ts';

/** Who acts, as git decides it: the environment before the configuration; no guessing from the host's name. */
export function identity(
  role: 'AUTHOR' | 'COMMITTER',
  env: Environment,
  settings: readonly [string, string][],
) {
  const section = role.toLowerCase();
  const pick = (key: 'name' | 'email') =>
    env[`GIT_${role}_${key.toUpperCase()}`] ??
    lastValue(settings, `${section}.${key}`) ??
    lastValue(settings, `user.${key}`);
  const name = pick('name') ?? '';
  const email = pick('email') ?? (env['EMAIL'] || '');
  if (name === '' || email === '') {
    throw new BitError('usage', `no ${name === '' ? 'name' : 'email address'} is set for the ${section}`, {
      hint: 'Set one: git config --global user.name "Your Name" and git config --global user.email you@example.org',
    });
  }
  return { name, email, ...when(env[`GIT_${role}_DATE`]) };
}

function when(text: string | undefined): { timestamp?: number; timezoneOffset?: number } {
  if (text === undefined || text === '') return {};
  const [, seconds, sign, hours, minutes] = /^@?(\d+) ([+-])(\d\d)(\d\d)$/.exec(text) ?? [];
  if (seconds !== undefined) {
    const east = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
    return { timestamp: Number(seconds), timezoneOffset: east === 0 ? 0 : -east };
  }
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new BitError('usage', `the date '${text.slice(0, 60)}' is not understood`);
  return { timestamp: Math.floor(time / 1000) };
}

/** `git commit --cleanup=whitespace`. */
export function tidyMessage(message: string): string {
  const lines = message.split('\n').map((line) => line.trimEnd());
  const text = lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\n+$/g, '');
  return text === '' ? '' : `${text}\n`;
}

type Child = { mode: string; path: string; oid: string; type: 'blob' | 'tree' | 'commit' };

/** Writes the tree of the index, as git write-tree. */
export async function indexTree(
  git: ObjectSource['git'],
  place: { fs: typeof fs; gitdir: string; cache: object },
): Promise<Oid> {
  const root: Child | undefined = await git.walk({
    ...place,
    dir: '/',
    trees: [git.STAGE()],
    map: async (filepath, [entry]) => {
      if (entry === null || entry === undefined) return undefined;
      const type = await entry.type();
      const path = filepath.slice(filepath.lastIndexOf('/') + 1);
      if (type === 'tree') return { mode: '040000', path, oid: '', type };
      return {
        mode: ((await entry.mode()) ?? 0o100644).toString(8),
        path,
        oid: (await entry.oid()) ?? '',
        type,
      };
    },
    reduce: async (parent: Child | undefined, children: (Child | undefined)[]) => {
      if (parent?.type !== 'tree') return parent;
      const tree = children.filter((child) => child !== undefined);
      return { ...parent, oid: await git.writeTree({ ...place, tree }) };
    },
  });
  return root?.oid || git.writeTree({ ...place, tree: [] });
}
