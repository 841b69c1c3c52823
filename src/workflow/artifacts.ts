import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { canonicalJson, type Json } from '../kernel/json.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { ContentStore } from './content.ts';
import type { Artifact, ArtifactFile, Artifacts } from './model.ts';
import type { RunLog } from './run-log.ts';

/** Of one artifact. */
const MOST_FILES = 200_000;
const DAY = 86_400_000;

/** Files under the one name as an artifact. */
export function artifactFrom(name: string, files: readonly ArtifactFile[]): Artifact {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    name,
    digest: createHash('sha256')
      .update(canonicalJson(sorted as unknown as Json))
      .digest('hex'),
    size: sorted.reduce((sum, { size }) => sum + size, 0),
    files: sorted,
  };
}

/** A run's artifacts as one of its job instances sees them. */
export function artifactsOf(log: RunLog, content: ContentStore, instance: string): Artifacts {
  return {
    async put(name, files, options = {}) {
      checkName(name);
      if (options.replace !== true && log.memory.artifacts.has(name)) throw twice(name);
      if (files.length > MOST_FILES)
        throw new BitError('usage', `artifact ${printable(name)} has more than ${MOST_FILES} files`);
      const stored: ArtifactFile[] = [];
      const seen = new Set<string>();
      for (const { path, from } of files) {
        checkPath(name, path);
        if (seen.has(path))
          throw new BitError('usage', `artifact ${printable(name)} has ${printable(path)} twice`);
        seen.add(path);
        const facts = lstatSync(from, { throwIfNoEntry: false });
        if (facts?.isFile() !== true)
          throw new BitError('not-found', `artifact ${printable(name)}: there is no file ${printable(from)}`);
        const put = await content.put(createReadStream(from));
        stored.push({ path, ...put, executable: (facts.mode & 0o100) !== 0 });
      }
      const artifact: Artifact = {
        ...artifactFrom(name, stored),
        ...(options.retentionDays === undefined
          ? {}
          : { expires: new Date(log.milliseconds() + options.retentionDays * DAY).toISOString() }),
      };
      // two jobs may have stored one of that name meanwhile
      if (options.replace !== true && log.memory.artifacts.has(name)) throw twice(name);
      log.record({ t: 'artifact', artifact, instance });
      await log.durable();
      log.tell({ event: 'artifact', job: instance, artifact });
      return artifact;
    },
    list: () => [...log.memory.artifacts.values()],
    async get(name, directory) {
      const artifact = log.memory.artifacts.get(name);
      if (artifact === undefined) {
        const near = nearest(name, log.memory.artifacts.keys());
        throw new BitError('not-found', `this run has no artifact ${printable(name)}`, {
          ...(near.length === 0 ? {} : { hint: `did you mean: ${near.join(', ')}` }),
        });
      }
      if (artifact.expires !== undefined && Date.parse(artifact.expires) <= log.milliseconds())
        throw new BitError('not-found', `artifact ${printable(name)} was kept until ${artifact.expires}`);
      makeDirectory(directory);
      const root = realpathSync(directory);
      for (const { path, digest, executable } of artifact.files) {
        checkPath(name, path);
        await content.get(digest, placeFor(root, path, name), executable ? 0o755 : 0o644);
      }
      return artifact;
    },
  };
}

/** A link that lies where the artifact is unpacked must not take a file out of there. */
function placeFor(root: string, path: string, name: string): string {
  const parts = path.split('/');
  let at = root;
  for (const [depth, part] of parts.entries()) {
    at = join(at, part);
    const facts = lstatSync(at, { throwIfNoEntry: false });
    if (facts === undefined) break;
    const last = depth === parts.length - 1;
    if (last ? facts.isDirectory() : !facts.isDirectory()) {
      throw new BitError('failed', `artifact ${printable(name)}: ${printable(at)} stands in the way`);
    }
  }
  return join(root, ...parts);
}

/** @throws BitError `usage` */
export function checkName(name: string): void {
  if (
    name === '' ||
    name.length > 200 ||
    /["<>|*?:\\/\u0000-\u001f\u007f]/.test(name) ||
    /^\.+$/.test(name)
  ) {
    throw new BitError('usage', `an artifact can't be called ${printable(name.slice(0, 200)) || "''"}`, {
      hint: 'a name has none of " < > | * ? : \\ / and at most 200 characters',
    });
  }
}

/** @throws BitError `usage` for what would lead out of the artifact */
export function checkPath(name: string, path: string): void {
  const parts = path.split('/');
  const bad =
    path === '' ||
    path.length > 4096 ||
    /[\\\u0000-\u001f\u007f]/.test(path) ||
    /^[A-Za-z]:/.test(path) ||
    parts.some((part) => part === '' || part === '.' || part === '..');
  if (!bad) return;
  throw new BitError(
    'usage',
    `artifact ${printable(name)}: ${printable(path.slice(0, 200))} is no path inside it`,
    {
      details: { artifact: name, path },
    },
  );
}

function twice(name: string): BitError {
  return new BitError('conflict', `this run has an artifact ${printable(name)} already`, {
    hint: 'names are unique in a run; say so where it is to be replaced',
  });
}
