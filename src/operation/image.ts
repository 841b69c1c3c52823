import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GitWriter, Head, Oid, RefName } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Touches } from './index.ts';
import type { RefMove } from './moves.ts';

/** A file outside git's care as it was: its digest (bytes kept by {@link keepFile}), or null where there was none. */
export interface FileImage {
  readonly sha256: string;
  /** Permission bits. */
  readonly mode: number;
}

/** How the touched part of a repository stood at one moment. Absent members were not captured. */
export interface Image {
  readonly head?: { readonly ref: RefName | null; readonly oid: Oid | null };
  /** Touched refs; null where the ref did not exist. */
  readonly refs: Readonly<Record<RefName, Oid | null>>;
  /** Tree of the index; null while it held conflicts. */
  readonly index?: Oid | null;
  /** Tree of the work tree (tracked files, others where the operation could touch them). */
  readonly worktree?: Oid | null;
  readonly files?: Readonly<Record<string, FileImage | null>>;
}

/** Refs `bit` keeps for itself; never part of an image. */
export const OWN_REFS = 'refs/bithub/';

/**
 * Every ref of the repository by name, without those of `bit`, and without symbolic ones (`origin/HEAD`): they follow
 * what they point to, and writing an id to one would make a plain ref of it.
 */
export async function readRefs(git: GitWriter): Promise<Map<RefName, Oid>> {
  const refs = await git.refs();
  const own = refs.filter((ref) => ref.symref === undefined && !ref.name.startsWith(OWN_REFS));
  return new Map(own.map((ref) => [ref.name, ref.oid]));
}

export interface CaptureOptions {
  readonly git: GitWriter;
  readonly touches: Touches;
  readonly stateDirectory: string;
  readonly operation: string;
  /** Already read, or read now. */
  readonly refs?: ReadonlyMap<RefName, Oid>;
  /** Names to hold beside those declared (what moved, in an after-image). */
  readonly also?: Iterable<RefName>;
  /** Keep the bytes of touched files, so that they can be put back. */
  readonly keepFiles: boolean;
}

/** Captures what `touches` names. Writes only unreachable objects and kept bytes. */
export async function captureImage(options: CaptureOptions): Promise<Image> {
  const { git, touches } = options;
  const [refs, head, index, worktree] = await Promise.all([
    options.refs ?? readRefs(git),
    git.head(),
    touches.index === true || touches.worktree !== undefined ? writeIndexTree(git) : undefined,
    touches.worktree === undefined ? undefined : writeWorkTree(git, touches.worktree, options),
  ]);
  const names = new Set<RefName>(touches.refs === 'all' ? refs.keys() : touches.refs);
  for (const name of options.also ?? []) names.add(name);
  const chosen: Record<RefName, Oid | null> = {};
  for (const name of [...names].sort()) chosen[name] = refs.get(name) ?? null;
  return {
    head: headImage(head),
    refs: chosen,
    ...(index === undefined ? {} : { index: index ?? null }),
    ...(worktree === undefined ? {} : { worktree: worktree ?? null }),
    ...(touches.files === undefined ? {} : { files: captureFiles(touches.files, options) }),
  };
}

export function headImage(head: Head): { ref: RefName | null; oid: Oid | null } {
  return { ref: head.kind === 'detached' ? null : head.ref, oid: head.kind === 'unborn' ? null : head.oid };
}

/** Null, not undefined, where the index holds conflicts: "captured, has no tree". */
async function writeIndexTree(git: GitWriter): Promise<Oid | null> {
  return (await git.writeTree()) ?? null;
}

/** Tree of the files as they lie on disk, made through an index of its own so that the real one stays untouched. */
export async function writeWorkTree(
  git: GitWriter,
  scope: NonNullable<Touches['worktree']>,
  place: { readonly stateDirectory: string; readonly operation: string },
): Promise<Oid | null> {
  if (git.paths.root === undefined) return null;
  const directory = join(place.stateDirectory, 'tmp');
  mkdirSync(directory, { recursive: true });
  const index = join(directory, `${place.operation}.${process.pid}.index`);
  const real = join(git.paths.gitDir, 'index');
  try {
    if (existsSync(real)) copyFileSync(real, index);
    const flags = scope === 'tracked' ? ['-u'] : scope === 'untracked' ? ['-A'] : ['-A', '-f'];
    const env = { GIT_INDEX_FILE: index };
    await git.run(['add', ...flags, '--ignore-errors', '--', ':/'], { env, accept: [0, 1, 128] });
    const tree = await git.run(['write-tree'], { env, accept: [0, 128] });
    return tree.exitCode === 0 ? tree.stdout.trim() : null;
  } finally {
    rmSync(index, { force: true });
    rmSync(`${index}.lock`, { force: true });
  }
}

/** Paths of the files that are otherwise than `images` say. */
export function changedFiles(images: Readonly<Record<string, FileImage | null>>): string[] {
  return Object.entries(images).flatMap(([path, image]) => {
    const now = captureFile(path, undefined);
    return now?.sha256 === image?.sha256 && now?.mode === image?.mode ? [] : [path];
  });
}

function captureFiles(paths: readonly string[], options: CaptureOptions): Record<string, FileImage | null> {
  const images: Record<string, FileImage | null> = {};
  const keep = options.keepFiles ? options.stateDirectory : undefined;
  for (const path of paths) images[path] = captureFile(path, keep);
  return images;
}

/** `keep`: the state directory its bytes are kept in. */
function captureFile(path: string, keep: string | undefined): FileImage | null {
  const bytes = readBytes(path);
  if (bytes === undefined) return null;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (keep !== undefined) keepBytes(keep, sha256, bytes);
  return { sha256, mode: lstatSync(path).mode & 0o7777 };
}

function readBytes(path: string): Buffer | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.isSymbolicLink()) return Buffer.from(`symlink:${readlinkSync(path)}`);
  if (!stat.isFile()) throw new BitError('unsupported', `${path} is not a regular file`);
  return readFileSync(path);
}

function keptPath(stateDirectory: string, sha256: string): string {
  return join(stateDirectory, 'keep', sha256.slice(0, 2), sha256);
}

function keepBytes(stateDirectory: string, sha256: string, bytes: Uint8Array): void {
  const path = keptPath(stateDirectory, sha256);
  if (!existsSync(path)) writeFileAtomic(path, bytes, { mode: 0o600 });
}

/** @throws BitError `integrity` where the kept bytes are gone or are not what their name says */
export function readKept(stateDirectory: string, sha256: string): Buffer {
  const path = keptPath(stateDirectory, sha256);
  const bytes = readBytes(path);
  if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new BitError('integrity', `the kept bytes ${sha256.slice(0, 12)} are missing or damaged`, {
      details: { path },
    });
  }
  return bytes;
}

/** Pins what the operation may make unreachable, under `refs/bithub/keep/<op>/`. One transaction, or none needed. */
export async function pinImage(
  git: GitWriter,
  operation: string,
  image: Image,
  touches: Touches,
): Promise<void> {
  const pins = new Map<string, Oid>();
  if (touches.rewrites === true) {
    let n = 0;
    for (const oid of new Set(Object.values(image.refs))) if (oid !== null) pins.set(`refs/${n++}`, oid);
    if (typeof image.head?.oid === 'string') pins.set('head', image.head.oid);
  }
  const headTree =
    typeof image.head?.oid === 'string' ? await git.resolve(image.head.oid, 'tree') : undefined;
  if (typeof image.index === 'string' && image.index !== headTree) pins.set('index', image.index);
  if (typeof image.worktree === 'string' && image.worktree !== headTree && image.worktree !== image.index) {
    pins.set('worktree', image.worktree);
  }
  if (pins.size === 0) return;
  await git.updateRefs(
    [...pins].map(([name, to]) => ({ name: `${OWN_REFS}keep/${operation}/${name}`, to })),
    'bit: keep',
  );
}

/** Pins what moves made unreachable that no intent declared. Costs a process only where a ref moved or went. */
export async function pinLost(git: GitWriter, operation: string, moves: readonly RefMove[]): Promise<void> {
  const left = [...new Set(moves.flatMap(({ from }) => (from === null ? [] : [from])))];
  if (left.length === 0 || git.adapter !== 'program') return;
  const args = ['--objects', '--no-object-names', '--ignore-missing', '--stdin', '--not', '--all'];
  const { stdout } = await git.read(['rev-list', ...args], { input: `${left.join('\n')}\n` });
  const lost = new Set(stdout.split('\n'));
  const pins = left.filter((oid) => lost.has(oid));
  await git.updateRefs(
    pins.map((to, at) => ({ name: `${OWN_REFS}keep/${operation}/moved/${at}`, to })),
    'bit: keep',
  );
}

export function imageToJson(image: Image): JsonObject {
  return JSON.parse(JSON.stringify(image)) as JsonObject;
}

/** @throws BitError `integrity` naming the member that has another shape */
export function imageFromJson(value: Json | undefined, where: string): Image {
  const bad = (member: string): never => {
    throw new BitError('integrity', `${where}: the image's ${member} has an unknown shape`);
  };
  if (!isJsonObject(value)) return bad('document');
  const oid = (item: unknown, member: string): Oid | null =>
    item === null || (typeof item === 'string' && /^[0-9a-f]{40,64}$/.test(item)) ? item : bad(member);
  if (!isJsonObject(value['refs'])) return bad('refs');
  const refs: Record<RefName, Oid | null> = {};
  for (const [name, item] of Object.entries(value['refs'])) refs[name] = oid(item, `refs.${name}`);
  const head = value['head'];
  const files: Record<string, FileImage | null> = {};
  if (value['files'] !== undefined) {
    if (!isJsonObject(value['files'])) return bad('files');
    for (const [path, item] of Object.entries(value['files'])) {
      if (item === null) files[path] = null;
      else if (isJsonObject(item) && typeof item['sha256'] === 'string' && typeof item['mode'] === 'number') {
        files[path] = { sha256: item['sha256'], mode: item['mode'] };
      } else return bad(`files.${path}`);
    }
  }
  return {
    ...(isJsonObject(head)
      ? {
          head: {
            ref: typeof head['ref'] === 'string' ? head['ref'] : null,
            oid: oid(head['oid'] ?? null, 'head.oid'),
          },
        }
      : {}),
    refs,
    ...(value['index'] === undefined ? {} : { index: oid(value['index'], 'index') }),
    ...(value['worktree'] === undefined ? {} : { worktree: oid(value['worktree'], 'worktree') }),
    ...(value['files'] === undefined ? {} : { files }),
  };
}
