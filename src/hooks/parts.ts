import { chmodSync, existsSync, lstatSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { type HookName, type HookOwner, KEPT, OWNERS } from './names.ts';

const MARK = '# bit-hook v1';

/**
 * Lines of POSIX shell. `first` ones run before the hook that was there and may end it all by `exit`; `last` ones run
 * after it and see how it ended in `$status`, which stays what git is told. What git writes to the hook is in `$input`.
 */
export interface HookPart {
  readonly when: 'first' | 'last';
  readonly script: string;
}

/** Hooks that git writes lines to. */
const FED: ReadonlySet<HookName> = new Set<HookName>(['pre-push', 'reference-transaction']);

/** @throws BitError `changed` where a kept hook of before would be overwritten */
export function refuseUnkept(folder: string, names: readonly HookName[]): void {
  for (const name of names) {
    const path = join(folder, name);
    if (!isThere(path) || isOurs(path) || !isThere(`${path}${KEPT}`)) continue;
    throw new BitError('changed', `${path} and ${path}${KEPT} are both there, so the hook can't be kept`, {
      hint: `move ${name}${KEPT} away; it is what a hook is called while bit's stands in its place`,
    });
  }
}

/**
 * Makes one owner's part of a hook what it is given, undefined for none. The first part moves the hook that is there
 * aside, where it still runs; with the last one it is put back.
 */
export function settlePart(
  folder: string,
  name: HookName,
  owner: HookOwner,
  part: HookPart | undefined,
): void {
  const path = join(folder, name);
  const parts = new Map(partsOf(path));
  if (part === undefined) parts.delete(owner);
  else parts.set(owner, part);
  if (parts.size === 0) {
    takeAway(path);
    return;
  }
  if (isThere(path) && !isOurs(path)) renameSync(path, `${path}${KEPT}`);
  writeFileAtomic(path, hookText(name, parts), { mode: 0o755 });
  // the mask of the process may have taken bits away
  chmodSync(path, 0o755);
}

function takeAway(path: string): void {
  // somebody's own again: it stays, and so does what was kept
  if (isThere(path) && !isOurs(path)) return;
  rmSync(path, { force: true });
  if (isThere(`${path}${KEPT}`)) renameSync(`${path}${KEPT}`, path);
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isOurs(path: string): boolean {
  return existsSync(path) && readFileSync(path, 'latin1').slice(0, 200).includes(MARK);
}

function partsOf(path: string): readonly (readonly [HookOwner, HookPart])[] {
  if (!isOurs(path)) return [];
  const text = readFileSync(path, 'utf8');
  return OWNERS.flatMap((owner) => {
    const parts = (['first', 'last'] as const).flatMap((when) => {
      const begin = `${beginning(owner, when)}\n`;
      const from = text.indexOf(begin);
      const to = from < 0 ? -1 : text.indexOf(ending(owner), from);
      return to < 0 ? [] : [[owner, { when, script: text.slice(from + begin.length, to) }] as const];
    });
    return parts.slice(0, 1);
  });
}

const beginning = (owner: HookOwner, when: HookPart['when']): string => `#> ${owner} ${when}`;
const ending = (owner: HookOwner): string => `#< ${owner}`;

function hookText(name: HookName, parts: ReadonlyMap<HookOwner, HookPart>): string {
  const fed = FED.has(name);
  const those = (when: HookPart['when']): string =>
    OWNERS.flatMap((owner) => {
      const part = parts.get(owner);
      if (part?.when !== when) return [];
      return [`${beginning(owner, when)}\n${part.script.trimEnd()}\n${ending(owner)}\n`];
    }).join('');
  const run = fed
    ? `if [ -n "$input" ]; then printf '%s\\n' "$input"; fi | "$before" "$@"`
    : `"$before" "$@"`;
  return `#!/bin/sh
${MARK}
# Made by bit (freezes, triggers), and taken away by it. The hook that was here before is kept beside this one as
# ${name}${KEPT}: it still runs, and its exit status is what git is told.
before="$0${KEPT}"
${fed ? `input=$(cat)\n` : ''}${those('first')}status=0
if [ -x "$before" ]; then
  ${run}
  status=$?
fi
${those('last')}exit $status
`;
}
