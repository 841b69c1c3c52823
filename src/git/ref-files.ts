import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readTextIfExists } from '../kernel/files.ts';
import type { Ref, RepositoryPaths } from './index.ts';

const MAX_PACKED_BYTES = 512 << 20;
const MAX_DEPTH = 32;

/** All refs of the files backend, by name; loose ones hide packed ones. Symbolic refs are resolved one step. */
export function readAllRefs(paths: RepositoryPaths): Map<string, Ref> {
  const refs = readPacked(join(paths.commonDir, 'packed-refs'));
  const symbolic = new Map<string, string>();
  const read = (base: string, name: string) => {
    const text = readTextIfExists(join(base, name))?.trimEnd() ?? '';
    const target = /^ref: (refs\/\S+)$/.exec(text)?.[1];
    if (target !== undefined) symbolic.set(name, target);
    else if (/^[0-9a-f]{40,64}$/.test(text)) refs.set(name, { name, oid: text });
  };
  walk(paths.commonDir, 'refs', read, 0);
  // bisect, rewritten and worktree refs belong to the work tree
  if (paths.gitDir !== paths.commonDir) walk(paths.gitDir, 'refs', read, 0);
  for (const [name, symref] of symbolic) {
    const target = refs.get(symref);
    if (target !== undefined) refs.set(name, { ...target, name, symref });
  }
  return new Map([...refs].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function walk(base: string, folder: string, read: (base: string, name: string) => void, depth: number): void {
  if (depth > MAX_DEPTH) return;
  let entries: { name: string; isDirectory(): boolean; isFile(): boolean }[];
  try {
    entries = readdirSync(join(base, folder), { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) walk(base, name, read, depth + 1);
    else if (entry.isFile() && !name.endsWith('.lock')) read(base, name);
  }
}

function readPacked(path: string): Map<string, Ref> {
  const refs = new Map<string, Ref>();
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0 || size > MAX_PACKED_BYTES) return refs;
  let last: Ref | undefined;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const peeled = /^\^([0-9a-f]{40,64})$/.exec(line)?.[1];
    if (peeled !== undefined && last !== undefined) refs.set(last.name, { ...last, peeled });
    const [, oid, name] = /^([0-9a-f]{40,64}) (refs\/\S+)$/.exec(line) ?? [];
    if (oid === undefined || name === undefined) continue;
    last = { name, oid };
    refs.set(name, last);
  }
  return refs;
}
