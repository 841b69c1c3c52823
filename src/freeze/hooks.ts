import { chmodSync, existsSync, lstatSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { GitReader } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory, writeFileAtomic } from '../kernel/files.ts';
import { printable } from '../kernel/text.ts';
import type { Freeze } from './standing.ts';

const HOOKS = ['pre-commit', 'pre-merge-commit', 'pre-push'] as const;
const MARK = '# bit-freeze-hook v1';
/** What a hook that was there before is called while ours stands in its place. */
const KEPT = '.before-freeze';

/** Where hooks of plain git lie and which files a freeze may change. */
export interface HookPlace {
  /** Undefined where git takes its hooks from outside this repository: those are others' too. */
  readonly folder: string | undefined;
  /** Read by the hooks: one line a standing freeze. */
  readonly list: string;
  readonly files: readonly string[];
}

export async function hookPlace(git: GitReader, stateDirectory: string): Promise<HookPlace> {
  const list = join(stateDirectory, 'freeze', 'standing');
  const configured = await git.pathConfig('core.hooksPath');
  const { commonDir, root, gitDir } = git.paths;
  const folder =
    configured === undefined || configured === ''
      ? join(commonDir, 'hooks')
      : resolve(root ?? gitDir, configured);
  const inside = [commonDir, ...(root === undefined ? [] : [root])].some((base) => isInside(base, folder));
  if (!inside) return { folder: undefined, list, files: [list] };
  const hooks = HOOKS.flatMap((name) => [join(folder, name), join(folder, `${name}${KEPT}`)]);
  return { folder, list, files: [list, ...hooks] };
}

function isInside(base: string, path: string): boolean {
  const way = relative(base, path);
  return way !== '' && way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

/** @throws BitError `changed` where a kept hook of before would be overwritten */
export function refuseUnkept(folder: string): void {
  for (const name of HOOKS) {
    const path = join(folder, name);
    if (!isThere(path) || isOurs(path) || !isThere(`${path}${KEPT}`)) continue;
    throw new BitError('changed', `${path} and ${path}${KEPT} are both there, so the hook can't be kept`, {
      hint: `move ${name}${KEPT} away; it is what a hook is called while a freeze stands`,
    });
  }
}

/** Makes the list and the hooks what `standing` asks for: there while anything stands, gone after. */
export function settleHooks(place: HookPlace, standing: readonly Freeze[]): void {
  // that it is there says that something was frozen once: what asks often looks at nothing more
  makeDirectory(dirname(place.list));
  const lines = standing.filter(({ scope }) => scope === 'repo' || scope === 'branch').map(lineOf);
  if (lines.length === 0) rmSync(place.list, { force: true });
  else writeFileAtomic(place.list, `${lines.join('\n')}\n`);
  if (place.folder === undefined) return;
  for (const name of HOOKS) {
    const path = join(place.folder, name);
    if (lines.length > 0) install(path, name);
    else takeAway(path);
  }
}

function install(path: string, name: (typeof HOOKS)[number]): void {
  if (isThere(path) && !isOurs(path)) renameSync(path, `${path}${KEPT}`);
  writeFileAtomic(path, hookText(name === 'pre-push'), { mode: 0o755 });
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

/** Tabs part the fields: scope, end in seconds or `-`, name or `-`, what a person is told. */
function lineOf(freeze: Freeze): string {
  const until = freeze.until === undefined ? '-' : String(Math.ceil(Date.parse(freeze.until) / 1000));
  const what = freeze.scope === 'repo' ? 'this repository' : `branch ${freeze.name ?? ''}`;
  const end = freeze.until === undefined ? '' : ` until ${freeze.until}`;
  const why = freeze.reason === undefined ? '' : `: ${freeze.reason}`;
  return [freeze.scope, until, freeze.name ?? '-', printable(`${what} is frozen${end}${why}`)].join('\t');
}

function hookText(push: boolean): string {
  const touched = push
    ? `refs=$(cat)
on_branch() { printf '%s\\n' "$refs" | grep -q -F " refs/heads/$1 "; }`
    : `on_branch() { [ "$(git symbolic-ref -q HEAD)" = "refs/heads/$1" ]; }`;
  const before = push
    ? `if [ -x "$before" ]; then
  if [ -n "$refs" ]; then printf '%s\\n' "$refs"; fi | "$before" "$@"
  exit $?
fi`
    : 'if [ -x "$before" ]; then exec "$before" "$@"; fi';
  return `#!/bin/sh
${MARK}
# Set by \`bit freeze\`, taken away by its --thaw: refuses plain git while a freeze stands. The hook that was here
# before is kept beside it and still runs. bit itself asks its policies instead.
list="$(git rev-parse --git-common-dir)/bit/freeze/standing"
before="$0${KEPT}"
tab=$(printf '\\t')
${touched}
if [ -z "$BIT_OPERATION" ] && [ -f "$list" ]; then
  now=$(date +%s)
  while IFS="$tab" read -r scope until name told; do
    if [ "$until" != - ] && [ "$until" -le "$now" ]; then continue; fi
    if [ "$scope" = branch ] && ! on_branch "$name"; then continue; fi
    printf 'bit: %s\\n' "$told" >&2
    exit 1
  done < "$list"
fi
${before}
exit 0
`;
}
