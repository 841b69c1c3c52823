import { existsSync, lstatSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../kernel/json.ts';
import { artifactFolder } from './content.ts';
import { readJournal } from './journal.ts';
import { runIds, runPlace, runsDirectory } from './store.ts';

const EVERY = 86_400_000;
/** What a run has just stored may not stand in its journal yet. */
const YOUNG = 3_600_000;

export interface Swept {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Takes away the bytes of artifacts that no run keeps any longer, at most once a day. A journal that can't be read keeps
 * everything. It never fails: what can't be taken away stays.
 */
export function sweepArtifacts(stateDirectory: string, now: Date): Swept | undefined {
  try {
    return sweep(stateDirectory, now);
  } catch {
    return undefined;
  }
}

function sweep(stateDirectory: string, now: Date): Swept | undefined {
  const stamp = join(runsDirectory(stateDirectory), 'swept');
  const last = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Math.abs(now.getTime() - last) < EVERY) return undefined;
  const keep = kept(stateDirectory, now);
  if (keep === undefined) return undefined;
  writeFileSync(stamp, '', { mode: 0o600 });
  let files = 0;
  let bytes = 0;
  const top = artifactFolder(stateDirectory);
  for (const folder of namesIn(top)) {
    for (const digest of namesIn(join(top, folder))) {
      const path = join(top, folder, digest);
      const facts = lstatSync(path, { throwIfNoEntry: false });
      const young = facts === undefined || now.getTime() - facts.mtimeMs < YOUNG;
      if (young || !facts.isFile() || keep.has(digest)) continue;
      rmSync(path, { force: true });
      files++;
      bytes += facts.size;
    }
  }
  return { files, bytes };
}

/** Digests of the files of every artifact that has not expired; undefined where one can't be known. */
function kept(stateDirectory: string, now: Date): Set<string> | undefined {
  const keep = new Set<string>();
  for (const id of runIds(stateDirectory)) {
    const { journal } = runPlace(stateDirectory, id);
    if (!existsSync(journal)) continue;
    try {
      const { records } = readJournal(journal);
      if (records.length === 0 && statSync(journal).size > 0) return undefined;
      for (const { t, artifact } of records) {
        if (t !== 'artifact' || !isJsonObject(artifact)) continue;
        const { expires, files } = artifact;
        if (typeof expires === 'string' && Date.parse(expires) <= now.getTime()) continue;
        if (!Array.isArray(files)) return undefined;
        for (const file of files) if (isJsonObject(file)) keep.add(String(file['digest']));
      }
    } catch {
      return undefined;
    }
  }
  return keep;
}

function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
