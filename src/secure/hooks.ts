import { chmodSync, lstatSync, readFileSync, renameSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import type { Reader } from '../operation/index.ts';

const MARK = '# bit-secure-hook v1';
const KEPT = '.before-secure';

export interface HookPlace {
  readonly state: 'on' | 'off' | 'elsewhere';
  readonly hook: string;
  /** What a hook that was there before is called beside ours. */
  readonly kept: string;
}

/** Where the pre-commit hook of this repository lies, and whether it is ours. */
export async function securityHooks(reader: Reader): Promise<HookPlace> {
  const { commonDir, root, gitDir } = reader.git.paths;
  const configured = await reader.git.pathConfig('core.hooksPath');
  const folder =
    configured === undefined || configured === ''
      ? join(commonDir, 'hooks')
      : resolve(root ?? gitDir, configured);
  const hook = join(folder, 'pre-commit');
  const kept = `${hook}${KEPT}`;
  const inside = [commonDir, ...(root === undefined ? [] : [root])].some((base) => {
    const way = relative(base, folder);
    return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
  });
  if (!inside) return { state: 'elsewhere', hook, kept };
  // while a freeze stands its own hook is there and runs what it found
  const on = [hook, `${hook}.before-freeze`].some(isOurs);
  return { state: on ? 'on' : 'off', hook, kept };
}

/** Sets the hook; one that was there is kept beside it and still runs. */
export function setHook({ hook, kept }: HookPlace): void {
  if (isThere(hook)) {
    if (isThere(kept))
      throw new BitError('changed', `${hook} and ${kept} are both there, so the hook can't be kept`, {
        hint: `move ${kept} away; it is what the hook of before is called`,
      });
    renameSync(hook, kept);
  }
  writeFileAtomic(hook, TEXT, { mode: 0o755 });
  chmodSync(hook, 0o755);
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isOurs(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && stat.size < 1 << 16 && readFileSync(path, 'latin1').includes(MARK);
}

const TEXT = `#!/bin/sh
${MARK}
# Set by \`bit secure enable hooks\`, undone by \`bit undo\`: looks for secrets in what is staged. The hook that was here
# before is kept beside it and runs first.
before="$(dirname "$0")/pre-commit${KEPT}"
if [ -x "$before" ]; then "$before" "$@" || exit $?; fi
if ! command -v bit > /dev/null 2>&1; then
  echo 'bit is not on the PATH, so nobody looked for secrets: nothing is committed' >&2
  exit 1
fi
exec bit check security --staged --quiet >&2
`;
