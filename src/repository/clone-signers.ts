import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { GitWriter } from '../git/index.ts';
import { pinnedPath, SIGNERS_FILE } from '../guard/index.ts';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { printable } from '../kernel/text.ts';
import { parseAllowedSigners } from '../keys/index.ts';
import type { Reader, Writer } from '../operation/index.ts';
import { readSettings } from '../settings/index.ts';
import type { Finishing } from './clone.ts';
import { hasLedger } from './clone-ledger.ts';

const MOST_BYTES = 1024 * 1024;

/** Those whose signatures a person believes, before anything was fetched. */
export interface KnownSigners {
  readonly file: string;
  readonly text: string;
  readonly keys: readonly string[];
}

/** @throws BitError `not-found`, `usage` naming the line that can't be obeyed, for a pin that is half read is none */
export function readSigners(reader: Reader, file: string): KnownSigners {
  const text = readSmall(resolve(reader.cwd, file), file);
  const { signers, problems } = parseAllowedSigners(text, printable(file));
  const [problem] = problems;
  if (problem !== undefined) throw new BitError('usage', problem.message);
  if (signers.length === 0) throw new BitError('usage', `${printable(file)} names no signer`);
  return { file: basename(file), text, keys: [...new Set(signers.map(({ publicKey }) => publicKey))] };
}

function readSmall(path: string, named: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new BitError('not-found', `there is no file ${printable(named)}`);
    throw fromErrno(error, `can't read ${printable(named)}`);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > MOST_BYTES)
      throw new BitError('usage', `${printable(named)} is no allowed_signers file`);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Pins the signers in the clone while it has no name yet, and holds against them whom its tree would have believed and the
 * ledger the remote shares. What doesn't agree throws, and the clone is removed.
 */
export function holdAgainst(writer: Writer, signers: KnownSigners): Finishing {
  return {
    title: `hold it against ${signers.file}`,
    async run(git) {
      await checkTree(git, signers);
      const { root, commonDir } = git.paths;
      if (root === undefined) return;
      const stateDirectory = join(commonDir, 'bit');
      writeFileAtomic(pinnedPath(stateDirectory), signers.text);
      if (await hasLedger(writer, root)) {
        const status = await writer.runBit(['-C', root, 'ledger', 'fetch']);
        if (status === 0) return;
        throw mismatch(
          status === 7
            ? 'its ledger is not signed by those in it, or does not verify'
            : `its ledger can't be verified (bit ledger fetch ended with ${status})`,
        );
      }
      if (readSettings({ root, stateDirectory }).settings.ledger.share !== 'off')
        throw mismatch('it says that it shares its ledger, and the remote has none');
      writer.notice(
        'note: the repository shares no ledger: only the signers its tree names were held against the file',
      );
    },
  };

  function mismatch(why: string): BitError {
    return new BitError(
      'integrity',
      `what was cloned does not agree with ${signers.file}: ${why}; nothing was kept`,
      {
        details: { signers: signers.file },
      },
    );
  }

  async function checkTree(git: GitWriter, { keys }: KnownSigners): Promise<void> {
    const head = await git.head();
    if (head.kind === 'unborn') return;
    const bytes = await git.blob(head.oid, SIGNERS_FILE);
    if (bytes === undefined) return;
    const named = parseAllowedSigners(Buffer.from(bytes).toString('utf8'), SIGNERS_FILE);
    const stranger = named.signers.find(({ publicKey }) => !keys.includes(publicKey));
    if (stranger !== undefined) throw mismatch(`its ${SIGNERS_FILE} names ${stranger.publicKey}`);
  }
}
