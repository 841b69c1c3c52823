/** Jobs of a mesh that a build began and did not hear the end of: the next build of the same goes on with them. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../kernel/digest.ts';
import { makeDirectory, readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { canonicalJson, type JsonObject } from '../kernel/json.ts';

const JOB = /^J-[A-Za-z0-9]{1,40}$/;

export interface Begun {
  /** Its id; undefined where none is known. */
  job(): string | undefined;
  note(job: string): void;
  forget(): void;
}

/** By all that the job was told. */
export function begunOf(stateDirectory: string, told: JsonObject): Begun {
  const folder = join(stateDirectory, 'build', 'mesh', 'begun');
  const path = join(folder, sha256(canonicalJson(told)).toString('hex'));
  return {
    job() {
      const text = readTextIfExists(path)?.trim() ?? '';
      return JOB.test(text) ? text : undefined;
    },
    note(job) {
      makeDirectory(folder, 0o700);
      writeFileAtomic(path, `${job}\n`, { mode: 0o600 });
    },
    forget: () => rmSync(path, { force: true }),
  };
}
