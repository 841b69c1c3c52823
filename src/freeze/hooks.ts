import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GitReader } from '../git/index.ts';
import {
  type HookName,
  hookPlace as placeOfHooks,
  refuseUnkept as refuse,
  settlePart,
} from '../hooks/index.ts';
import { makeDirectory, writeFileAtomic } from '../kernel/files.ts';
import { printable } from '../kernel/text.ts';
import type { Freeze } from './standing.ts';

const HELD = ['pre-commit', 'pre-merge-commit', 'pre-push'] as const satisfies readonly HookName[];

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
  const { folder, files } = await placeOfHooks(git);
  return { folder, list, files: [list, ...files(HELD)] };
}

/** @throws BitError `changed` where a kept hook of before would be overwritten */
export function refuseUnkept(folder: string): void {
  refuse(folder, HELD);
}

/** Makes the list and the hooks what `standing` asks for: there while anything stands, gone after. */
export function settleHooks(place: HookPlace, standing: readonly Freeze[]): void {
  // that it is there says that something was frozen once: what asks often looks at nothing more
  makeDirectory(dirname(place.list));
  const lines = standing.filter(({ scope }) => scope === 'repo' || scope === 'branch').map(lineOf);
  if (lines.length === 0) rmSync(place.list, { force: true });
  else writeFileAtomic(place.list, `${lines.join('\n')}\n`);
  if (place.folder === undefined) return;
  for (const name of HELD) {
    const script = lines.length > 0 ? refusal(name === 'pre-push') : undefined;
    settlePart(place.folder, name, 'freeze', script === undefined ? undefined : { when: 'first', script });
  }
}

/** Tabs part the fields: scope, end in seconds or `-`, name or `-`, what a person is told. */
function lineOf(freeze: Freeze): string {
  const until = freeze.until === undefined ? '-' : String(Math.ceil(Date.parse(freeze.until) / 1000));
  const what = freeze.scope === 'repo' ? 'this repository' : `branch ${freeze.name ?? ''}`;
  const end = freeze.until === undefined ? '' : ` until ${freeze.until}`;
  const why = freeze.reason === undefined ? '' : `: ${freeze.reason}`;
  return [freeze.scope, until, freeze.name ?? '-', printable(`${what} is frozen${end}${why}`)].join('\t');
}

/** Refuses plain git while a freeze stands; bit itself asks its policies instead. */
function refusal(push: boolean): string {
  const touched = push
    ? `on_branch() { printf '%s\\n' "$input" | grep -q -F " refs/heads/$1 "; }`
    : `on_branch() { [ "$(git symbolic-ref -q HEAD)" = "refs/heads/$1" ]; }`;
  return `list="$(git rev-parse --git-common-dir)/bit/freeze/standing"
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
`;
}
