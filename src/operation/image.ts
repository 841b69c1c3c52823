import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, lstatSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GitWriter, Head, Oid, RefName } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Touches } from './index.ts';
import type { RefMove } from './moves.ts';

/** A file outside git's care as it was: its digest (bytes kept by {@link keepFile}), or null where there was none. */
export interface FileImage {
  readonly sha256: string;
  /** Permission bits. */
  readonly mode: number;
  /** A symbolic link: the digest is that of its target. */
  readonly link?: true;
}

/** How the touched part of a repository stood at one moment. Absent members were not captured. */
export interface Image {
  readonly head?: { readonly ref: RefName | null; readonly oid: Oid | null };
  /** Touched refs; null where the ref did not exist. */
  readonly refs: Readonly<Record<RefName, Oid | null>>;
  /** Tree of the index; null while it held conflicts. */
  readonly index?: Oid | null;
  /** SHA-256 of the listing of an index that held conflicts; its bytes are kept, as those of files are. */
  readonly unmerged?: string;
  /** Tree of the work tree (tracked files, others where the operation could touch them). */
  readonly worktree?: Oid | null;
  /** Which files {@link worktree} holds. */
  readonly scope?: WorkTreeScope;
  readonly files?: Readonly<Record<string, FileImage | null>>;
  /** Folders on the way to `files` that did not exist, the outermost first. */
  readonly missing?: readonly string[];
}

export type WorkTreeScope = NonNullable<Touches['worktree']>;

/** Each holds what those before it hold. */
export const SCOPES: readonly WorkTreeScope[] = ['tracked', 'untracked', 'ignored'];

/** Refs `bit` keeps for itself; never part of an image. */
export const OWN_REFS = 'refs/bithub/';

/** Names in `refs/bithub/keep/` of one operation. */
export function keepPrefix(operation: string): string {
  return `${OWN_REFS}keep/${operation}/`;
}

/**
 * Every ref of the repository by name, without those of `bit`, and without symbolic ones (`origin/HEAD`): they follow
 * what they point to, and writing an id to one would make a plain ref of it.
 */
export async function readRefs(git: GitWriter): Promise<Map<RefName, Oid>> {
  const refs = await git.refs([], { peel: false });
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
    // the adapter without the git program can't make a tree of what lies on disk
    touches.worktree === undefined || git.adapter === 'isomorphic'
      ? undefined
      : writeWorkTree(git, touches.worktree, options),
  ]);
  const unmerged = index === null ? await listIndex(git) : undefined;
  if (unmerged !== undefined) keepBytes(options.stateDirectory, sha256(unmerged), unmerged);
  const names = new Set<RefName>(touches.refs === 'all' ? refs.keys() : touches.refs);
  for (const name of options.also ?? []) names.add(name);
  const chosen: Record<RefName, Oid | null> = {};
  for (const name of [...names].sort()) chosen[name] = refs.get(name) ?? null;
  return {
    head: headImage(head),
    refs: chosen,
    ...(index === undefined ? {} : { index: index ?? null }),
    ...(unmerged === undefined ? {} : { unmerged: sha256(unmerged) }),
    ...(worktree === undefined || touches.worktree === undefined
      ? {}
      : { worktree: worktree ?? null, scope: touches.worktree }),
    ...(touches.files === undefined
      ? {}
      : { files: captureFiles(touches.files, options), missing: missingFolders(touches.files) }),
  };
}

/** What there is to capture outside a repository: single files. Undefined where none may change. */
export function captureFilesOnly(touches: Touches, place: KeepOptions): Image | undefined {
  const { files = [] } = touches;
  if (files.length === 0) return undefined;
  return { refs: {}, files: captureFiles(files, place), missing: missingFolders(files) };
}

export function headImage(head: Head): { ref: RefName | null; oid: Oid | null } {
  return { ref: head.kind === 'detached' ? null : head.ref, oid: head.kind === 'unborn' ? null : head.oid };
}

/** Null, not undefined, where the index holds conflicts: "captured, has no tree". */
async function writeIndexTree(git: GitWriter): Promise<Oid | null> {
  return (await git.writeTree()) ?? null;
}

/** Every entry of the index with its stage, as `git update-index --index-info` takes it back. */
export async function listIndex(git: GitWriter): Promise<Buffer> {
  const { stdout } = await git.read(['ls-files', '--stage', '-z'], { encoding: 'latin1' });
  return Buffer.from(stdout, 'latin1');
}

export function sameTrees(a: Image, b: Image): boolean {
  return a.index === b.index && a.unmerged === b.unmerged && a.worktree === b.worktree;
}

/** Tree of the files as they lie on disk, made through an index of its own so that the real one stays untouched. */
export async function writeWorkTree(
  git: GitWriter,
  scope: WorkTreeScope,
  place: { readonly stateDirectory: string; readonly operation: string },
): Promise<Oid | null> {
  if (git.paths.root === undefined) return null;
  const directory = join(place.stateDirectory, 'tmp');
  makeDirectory(directory);
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

type KeepOptions = Pick<CaptureOptions, 'stateDirectory' | 'keepFiles'>;

function captureFiles(paths: readonly string[], options: KeepOptions): Record<string, FileImage | null> {
  const images: Record<string, FileImage | null> = {};
  for (const path of paths) images[path] = captureFile(path, options);
  return images;
}

function captureFile(path: string, options: KeepOptions): FileImage | null {
  const found = readFileImage(path);
  if (found === undefined) return null;
  if (options.keepFiles) keepBytes(options.stateDirectory, found.image.sha256, found.bytes);
  return found.image;
}

/** How the file at `path` stands now, with its bytes; a link is not followed. Undefined where there is none. */
export function readFileImage(
  path: string,
): { readonly image: FileImage; readonly bytes: Buffer } | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isFile() && !stat.isSymbolicLink())
    throw new BitError('unsupported', `${path} is not a regular file`);
  const link = stat.isSymbolicLink();
  const bytes = link ? readlinkSync(path, 'buffer') : readFileSync(path);
  const image = { sha256: sha256(bytes), mode: stat.mode & 0o7777 };
  return { image: link ? { ...image, link } : image, bytes };
}

export function sameFile(a: FileImage | null | undefined, b: FileImage | null | undefined): boolean {
  return a?.sha256 === b?.sha256 && a?.mode === b?.mode && a?.link === b?.link;
}

function missingFolders(paths: readonly string[]): string[] {
  const missing = new Set<string>();
  for (const path of paths) {
    const way: string[] = [];
    for (let folder = dirname(path); !existsSync(folder); folder = dirname(folder)) way.push(folder);
    for (const folder of way.reverse()) missing.add(folder);
  }
  return [...missing].sort();
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function keptPath(stateDirectory: string, digest: string): string {
  return join(stateDirectory, 'keep', digest.slice(0, 2), digest);
}

function keepBytes(stateDirectory: string, digest: string, bytes: Uint8Array): void {
  const path = keptPath(stateDirectory, digest);
  if (!existsSync(path)) writeFileAtomic(path, bytes, { mode: 0o600 });
}

/** @throws BitError `integrity` where the kept bytes are gone or are not what their name says */
export function readKept(stateDirectory: string, digest: string): Buffer {
  const path = keptPath(stateDirectory, digest);
  const kept = readFileImage(path);
  if (kept?.image.sha256 === digest) return kept.bytes;
  throw new BitError('integrity', `the kept bytes ${digest.slice(0, 12)} are missing or damaged`, {
    details: { path },
  });
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
  const trees = typeof image.index === 'string' || typeof image.worktree === 'string';
  const headTree =
    trees && typeof image.head?.oid === 'string' ? await git.resolve(image.head.oid, 'tree') : undefined;
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
  const digest = (item: unknown, member: string): string =>
    typeof item === 'string' && /^[0-9a-f]{64}$/.test(item) ? item : bad(member);
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
        const link = item['link'] === true ? ({ link: true } as const) : {};
        files[path] = { sha256: item['sha256'], mode: item['mode'], ...link };
      } else return bad(`files.${path}`);
    }
  }
  const scope = SCOPES.find((known) => known === value['scope']);
  const missing = Array.isArray(value['missing'])
    ? value['missing'].filter((item) => typeof item === 'string')
    : undefined;
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
    ...(value['unmerged'] === undefined ? {} : { unmerged: digest(value['unmerged'], 'unmerged') }),
    ...(value['worktree'] === undefined ? {} : { worktree: oid(value['worktree'], 'worktree') }),
    ...(scope === undefined ? {} : { scope }),
    ...(value['files'] === undefined ? {} : { files }),
    ...(missing === undefined ? {} : { missing }),
  };
}
