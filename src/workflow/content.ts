import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { fsyncDirectory, makeDirectory } from '../kernel/files.ts';

/** Where artifacts are, apart from what tracked assets keep: theirs may go. */
export function artifactFolder(stateDirectory: string): string {
  return join(stateDirectory, 'storage', 'binary', 'artifacts', 'sha256');
}

/** Bytes by their SHA-256. The same bytes twice are stored once. */
export interface ContentStore {
  /** Durable when it resolves. */
  put(from: Readable): Promise<{ readonly digest: string; readonly size: number }>;
  /** The bytes; who takes them compares. @throws BitError `not-found` */
  read(digest: string): Readable;
  /** @throws BitError `not-found` where this clone hasn't it, `integrity` where its bytes are others */
  get(digest: string, to: string, mode: number): Promise<void>;
}

export function contentStore(stateDirectory: string): ContentStore {
  const at = (digest: string): string => join(artifactFolder(stateDirectory), digest.slice(0, 2), digest);
  const temporary = (): string =>
    join(stateDirectory, 'tmp', `content.${process.pid}.${randomBytes(6).toString('hex')}`);
  const existing = (digest: string): string => {
    const path = at(digest);
    if (existsSync(path)) return path;
    throw new BitError('not-found', `the content store has no ${digest}`, { details: { digest } });
  };
  return {
    async put(from) {
      const path = temporary();
      makeDirectory(dirname(path));
      const { measure, result } = measuring();
      try {
        await pipeline(from, measure, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
        const { digest, size } = result();
        const target = at(digest);
        if (!existsSync(target)) {
          const file = await open(path, 'r+');
          await file.sync().finally(() => file.close());
          makeDirectory(dirname(target));
          renameSync(path, target);
          fsyncDirectory(dirname(target));
        } else utimesSync(target, new Date(), new Date()); // nobody sweeps what is as young as this
        return { digest, size };
      } catch (error) {
        throw fromErrno(error, 'cannot store an artifact');
      } finally {
        rmSync(path, { force: true });
      }
    },
    read: (digest) => createReadStream(existing(digest)),
    async get(digest, to, mode) {
      const path = existing(digest);
      makeDirectory(dirname(to));
      const partial = `${to}.${randomBytes(4).toString('hex')}.part`;
      const { measure, result } = measuring();
      try {
        await pipeline(createReadStream(path), measure, createWriteStream(partial, { flags: 'wx', mode }));
        if (result().digest !== digest) {
          throw new BitError('integrity', `the content store's ${digest} holds other bytes`, {
            details: { digest },
          });
        }
        renameSync(partial, to);
      } catch (error) {
        throw fromErrno(error, `cannot write ${to}`);
      } finally {
        rmSync(partial, { force: true });
      }
    },
  };
}

function measuring(): {
  readonly measure: Transform;
  readonly result: () => { readonly digest: string; readonly size: number };
} {
  const hash = createHash('sha256');
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  return { measure, result: () => ({ digest: hash.digest('hex'), size }) };
}
