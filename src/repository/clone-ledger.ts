import { existsSync, renameSync } from 'node:fs';
import { resolve } from 'node:path';
import { discoverRepository, openBestGit } from '../git/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import type { Writer } from '../operation/index.ts';
import { LEDGER_REFS } from '../transparency/index.ts';

/**
 * Receives the ledger of what was just cloned, in the clone itself, believing whoever began its chains (as ssh believes
 * a host the first time). One that doesn't verify puts the clone aside.
 *
 * @throws BitError `integrity` saying where the clone is kept
 */
export async function receiveClonedLedger(writer: Writer, directory: string): Promise<void> {
  if (!(await hasLedger(writer, directory))) return;
  const status = await writer.runBit(['-C', directory, 'ledger', 'fetch', '--pin']);
  if (status === 0) return;
  if (status !== 7) {
    writer.notice('note: the ledger was not received; try again there with: bit ledger fetch --pin');
    return;
  }
  const aside = putAside(writer, directory);
  throw new BitError(
    'integrity',
    `the ledger of what was cloned does not verify: the clone is kept in ${aside}`,
    {
      hint: `see what is wrong there with: bit -C ${aside} ledger fetch --pin`,
      details: { directory: aside },
    },
  );
}

/** A remote that can't say is one without a ledger: the clone itself went well. */
export async function hasLedger(writer: Writer, directory: string): Promise<boolean> {
  const paths = discoverRepository(directory, writer.env);
  if (paths === undefined) return false;
  try {
    const git = await openBestGit({ paths, env: writer.env });
    const { stdout } = await git.read(['ls-remote', '--', 'origin', `${LEDGER_REFS}*`], {
      signal: writer.signal,
    });
    return stdout !== '';
  } catch (error) {
    if (isBitError(error, 'cancelled')) throw error;
    return false;
  }
}

/** The shell's own folder can't be renamed from under it. */
function putAside({ cwd }: Writer, directory: string): string {
  if (resolve(cwd) === resolve(directory)) return directory;
  for (let count = 1; ; count++) {
    const aside = `${directory}.untrusted${count === 1 ? '' : `-${count}`}`;
    if (existsSync(aside)) continue;
    renameSync(directory, aside);
    return aside;
  }
}
