import { createHash } from 'node:crypto';
import type { GitReader } from '../git/index.ts';

/** Where chains stand in a repository that shares its ledger. */
export const LEDGER_REFS = 'refs/bithub/ledger/';

/** A remote's name that can stand in a ref; a path or URL can't. */
const NAME = /^[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*$/;

/** Where those of a remote are put before they are verified. */
export function receivedRefs(remote: string): string {
  const digest = (): string => createHash('sha256').update(remote).digest('hex').slice(0, 16);
  const name = NAME.test(remote) && !remote.endsWith('.lock') ? remote : `at-${digest()}`;
  return `refs/bithub/received/${name}/`;
}

/** Payloads of the entries of one bundle, one canonical JSON `{nonce, payload, seq}` a line. */
export function payloadPath(index: number): string {
  return `payload/${index}`;
}

/** An entry that fits no bundle, `{entry, signature}`. */
export function largePath(seq: number): string {
  return `large/${seq}`;
}

/** A chain as another clone shows it: a tlog-tiles log by its files' names, nothing of it believed. */
export interface SharedLog {
  /** For messages. */
  readonly name: string;
  read(path: string): Promise<Uint8Array | undefined>;
  /** The plain files in a folder (its name ends in `/`), by their paths. */
  list(folder: string): Promise<readonly { readonly path: string; readonly size: number }[]>;
}

/** The tree of a commit that {@link LEDGER_REFS} held. */
export function commitLog(git: GitReader, commit: string, name: string): SharedLog {
  return {
    name,
    read: (path) => git.blob(commit, path),
    async list(folder) {
      const listed = await git.read(['ls-tree', '-z', '-l', '--full-tree', commit, folder]);
      return listed.stdout.split('\0').flatMap((line) => {
        const [, size, path] = /^100644 blob [0-9a-f]+ +(\d+)\t(.+)$/s.exec(line) ?? [];
        return path === undefined ? [] : [{ path, size: Number(size) }];
      });
    },
  };
}
