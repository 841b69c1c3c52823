import { type FSWatcher, lstatSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GitReader } from '../git/index.ts';
import { isBitError } from '../kernel/errors.ts';

/** Folders watched; the files of others are looked at whenever something changes in these. */
const MOST_FOLDERS = 8192;
const DEBOUNCE = 300;

/**
 * Tells which files of the work tree changed, were made or went: those git tracks and those it doesn't ignore. A change
 * is told of when nothing has changed for a while.
 */
export class FileWatch {
  readonly #git: GitReader;
  readonly #root: string;
  readonly #debounce: number;
  readonly #onChange: (files: readonly string[]) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #stamps: ReadonlyMap<string, string> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: {
    readonly git: GitReader;
    readonly root: string;
    /** Milliseconds of quiet. */
    readonly debounce: number | undefined;
    readonly onChange: (files: readonly string[]) => void;
  }) {
    this.#git = options.git;
    this.#root = options.root;
    this.#debounce = options.debounce ?? DEBOUNCE;
    this.#onChange = options.onChange;
  }

  async start(): Promise<void> {
    this.#stamps = await this.#read();
    this.#follow();
    // what was made between the reading and the watching
    await this.look();
  }

  /** Looks now, and tells of what changed. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#compare());
    return this.#looking;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  async #compare(): Promise<void> {
    if (this.#closed) return;
    const before = this.#stamps;
    const now = await this.#read();
    this.#stamps = now;
    this.#follow();
    const changed = [...now].flatMap(([path, stamp]) => (before.get(path) === stamp ? [] : [path]));
    const gone = [...before.keys()].filter((path) => !now.has(path));
    if (changed.length + gone.length > 0) this.#onChange([...changed, ...gone].sort());
  }

  async #read(): Promise<ReadonlyMap<string, string>> {
    const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--full-name'];
    let stdout: string;
    try {
      ({ stdout } = await this.#git.read(list));
    } catch (error) {
      // git is in the middle of something: the next look sees more
      if (isBitError(error)) return this.#stamps;
      throw error;
    }
    const stamps = new Map<string, string>();
    for (const path of stdout.split('\0')) {
      const facts = path === '' ? undefined : lstatSync(join(this.#root, path), { throwIfNoEntry: false });
      if (facts === undefined || facts.isDirectory()) continue;
      stamps.set(path, `${facts.mtimeMs} ${facts.ctimeMs} ${facts.size} ${facts.ino}`);
    }
    return stamps;
  }

  /** Every folder that holds one of the files, and those above it. */
  #follow(): void {
    const wanted = new Set<string>(['.']);
    for (const path of this.#stamps.keys())
      for (let folder = dirname(path); !wanted.has(folder); folder = dirname(folder)) wanted.add(folder);
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of wanted)
      if (!this.#watchers.has(folder) && this.#watchers.size < MOST_FOLDERS) this.#add(folder);
  }

  #add(folder: string): void {
    try {
      const watcher = watch(join(this.#root, folder), (_, name) => {
        if (folder === '.' && name === '.git') return;
        this.#stir();
      });
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // it is gone again, or the system watches no more: what is above it still tells
    }
  }

  #stir(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.look(), this.#debounce);
  }
}
