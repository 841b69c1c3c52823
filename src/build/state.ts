import { createHash } from 'node:crypto';
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../kernel/content-store.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';
import { type Files, filesFrom, filesJson, type ListedFiles } from './files.ts';

const VERSION = 1;
/**
 * A file changed as lately as this before it was read may change again without its times telling (coarse clocks; on some
 * disks whole seconds).
 */
export function coarseness(mtimeMs: number): number {
  return Number.isInteger(mtimeMs / 1000) ? 2100 : 20;
}

/** A file as its content is known by: digest, `x` executable, `l` link (digest of where it leads), else `-`. */
export interface FileDigest {
  readonly sha256: string;
  readonly kind: 'x' | 'l' | '-';
  readonly size: number;
  readonly mode: number;
}

/** size, mtime, ctime, inode, mode, digest. */
type Row = readonly [number, number, number, number, number, string];

/** What the last build left, of one target. */
export interface TargetRecord {
  readonly key: string;
  /** Files it left. */
  readonly outputs: Files;
}

interface WrittenRecord {
  readonly key: string;
  readonly outputs: ListedFiles;
}

interface Document {
  readonly v: number;
  readonly files: Record<string, Row>;
  readonly targets: Record<string, WrittenRecord>;
  readonly tools: Record<string, string>;
  /** Bytes put into the store since it was last measured. */
  readonly added: number;
}

/**
 * What builds remember between each other: digests of files by what the system says of them, so that only what changed
 * is read again; what each target left. Losing it costs time only.
 */
export class BuildState {
  readonly root: string;
  readonly #path: string;
  readonly #stamp: string;
  readonly #before: Document;
  readonly #known: ReadonlyMap<string, Row>;
  readonly #files = new Map<string, Row>();
  readonly #folders = new Set<string>();
  readonly #targets: Map<string, WrittenRecord>;
  readonly #tools: Map<string, string>;
  added: number;
  #changed = false;

  constructor(root: string, stateDirectory: string) {
    this.root = root;
    this.#path = join(stateDirectory, 'build', 'state.json');
    this.#stamp = stampOf(this.#path);
    this.#before = readDocument(this.#path);
    this.#known = new Map(Object.entries(this.#before.files));
    this.#targets = new Map(Object.entries(this.#before.targets));
    this.#tools = new Map(Object.entries(this.#before.tools));
    this.added = this.#before.added;
  }

  /** Undefined where there is no file or link at `path`. A folder is none. */
  digest(path: string): FileDigest | undefined {
    // paths come in order from git: nothing of them needs to be made normal, which costs more than the question
    const full = `${this.root}/${path}`;
    let stat: Stats | undefined;
    try {
      stat = lstatSync(full, { throwIfNoEntry: false });
    } catch {
      return undefined;
    }
    if (stat === undefined) return undefined;
    if (stat.isSymbolicLink()) {
      const leads = readlinkSync(full, 'buffer');
      return {
        sha256: createHash('sha256').update(leads).digest('hex'),
        kind: 'l',
        size: leads.length,
        mode: stat.mode,
      };
    }
    if (stat.isDirectory()) this.#folders.add(path);
    if (!stat.isFile()) return undefined;
    const kind = (stat.mode & 0o111) === 0 ? '-' : 'x';
    const known = this.#files.get(path) ?? this.#known.get(path);
    if (known !== undefined && isSame(known, stat)) {
      this.#files.set(path, known);
      return { sha256: known[5], kind, size: stat.size, mode: stat.mode };
    }
    const { sha256, size } = digestOf(full);
    this.#changed = true;
    const latest = Math.max(stat.mtimeMs, stat.ctimeMs);
    if (Date.now() - latest > coarseness(stat.mtimeMs))
      this.#files.set(path, [stat.size, stat.mtimeMs, stat.ctimeMs, stat.ino, stat.mode, sha256]);
    return { sha256, kind, size, mode: stat.mode };
  }

  /** Asked after {@link digest}: there is a folder at `path`. */
  isFolder(path: string): boolean {
    return this.#folders.has(path);
  }

  target(id: string): TargetRecord | undefined {
    const known = this.#targets.get(id);
    try {
      return known === undefined ? undefined : { key: known.key, outputs: filesFrom(known.outputs) };
    } catch {
      return undefined;
    }
  }

  setTarget(id: string, record: TargetRecord | undefined): void {
    this.#changed = true;
    if (record === undefined) this.#targets.delete(id);
    else this.#targets.set(id, { key: record.key, outputs: filesJson(record.outputs) });
  }

  tool(stamp: string): string | undefined {
    return this.#tools.get(stamp);
  }

  setTool(stamp: string, version: string): void {
    if (this.#tools.size > 100) this.#tools.clear();
    this.#tools.set(stamp, version);
    this.#changed = true;
  }

  /** Another build ended since this was read. */
  get stale(): boolean {
    return stampOf(this.#path) !== this.#stamp;
  }

  /** Something is known now that {@link save} would write. */
  get changed(): boolean {
    return this.#changed || this.added !== this.#before.added;
  }

  /** Written only where something differs from what was read. */
  save(): void {
    if (!this.changed) return;
    const all = new Map([...this.#known, ...this.#files]);
    // what was not asked for this time (another selection of targets) stays known, within a bound
    const kept = all.size > 4 * Math.max(1000, this.#files.size) ? this.#files : all;
    const document: Document = {
      v: VERSION,
      files: Object.fromEntries(kept),
      targets: Object.fromEntries(this.#targets),
      tools: Object.fromEntries(this.#tools),
      added: this.added,
    };
    writeFileAtomic(this.#path, JSON.stringify(document), { mode: 0o600 });
  }
}

function stampOf(path: string): string {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
}

function isSame([size, mtime, ctime, ino, mode]: Row, stat: Stats): boolean {
  return (
    size === stat.size &&
    mtime === stat.mtimeMs &&
    ctime === stat.ctimeMs &&
    ino === stat.ino &&
    mode === stat.mode
  );
}

/** What can't be read is no fault: it is made anew. */
function readDocument(path: string): Document {
  const empty: Document = { v: VERSION, files: {}, targets: {}, tools: {}, added: 0 };
  try {
    const read: unknown = JSON.parse(readTextIfExists(path) ?? 'null');
    if (!isJsonObject(read) || read['v'] !== VERSION) return empty;
    const { files, targets, tools, added } = read;
    const whole = isJsonObject(files) && isJsonObject(targets) && isJsonObject(tools);
    return whole && typeof added === 'number' ? (read as unknown as Document) : empty;
  } catch {
    return empty;
  }
}
