import { statfsSync } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

export interface DiskWatchOptions {
  /** Folders a job writes, all on one file system. */
  readonly folders: readonly string[];
  /** Bytes they may come to. */
  readonly most: number;
  readonly onOver: (why: string) => void;
}

const LOOK_MS = 250;
/** Counted again at least this often, and whenever the file system lost this share of what is allowed. */
const COUNT_MS = 15_000;
const SHARE = 16;
/** What a name costs, whatever it names. */
const ENTRY = 256;
/** What must stay free for everything else on the machine. */
const FLOOR = 256 * 1024 * 1024;

/**
 * Watches what a job writes. A file system says at once how much is free on it; the job's own folders are counted
 * only where that changed by something that matters.
 */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #counted = 0;
  #countedAt = 0;
  #freeThen: number;
  #counting: Promise<void> | undefined;
  #over = false;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
    this.#freeThen = this.#free();
    this.#countedAt = performance.now();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  /** Bytes at the last count. */
  get bytes(): number {
    return this.#counted;
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#counting;
  }

  #look(): void {
    if (this.#over || this.#counting !== undefined) return;
    const free = this.#free();
    if (free < FLOOR && free < this.#freeThen) {
      this.#tell('the disk is nearly full');
      return;
    }
    const lost = this.#freeThen - free;
    const due = performance.now() - this.#countedAt > COUNT_MS;
    if (!due && lost < this.#options.most / SHARE) return;
    this.#counting = this.#count(free).finally(() => {
      this.#counting = undefined;
    });
  }

  async #count(free: number): Promise<void> {
    let bytes = 0;
    for (const folder of this.#options.folders) bytes += await weigh(folder, this.#options.most);
    this.#counted = bytes;
    this.#countedAt = performance.now();
    this.#freeThen = free;
    if (bytes > this.#options.most) this.#tell(`it wrote more than ${this.#options.most} bytes`);
  }

  #tell(why: string): void {
    this.#over = true;
    this.#options.onOver(why);
  }

  #free(): number {
    const [folder = '/'] = this.#options.folders;
    try {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    } catch {
      // it is gone, and with it the question
      return Number.POSITIVE_INFINITY;
    }
  }
}

/** Bytes on disk of all below; more than `most` is not counted on. What vanishes meanwhile weighs nothing. */
export async function weigh(folder: string, most: number): Promise<number> {
  let bytes = 0;
  const linked = new Set<bigint>();
  const open = [folder];
  for (let path = open.pop(); path !== undefined && bytes <= most; path = open.pop()) {
    try {
      for await (const entry of await opendir(path)) {
        const full = join(path, entry.name);
        if (entry.isDirectory()) open.push(full);
        const stat = await lstat(full, { bigint: true }).catch(() => undefined);
        if (stat === undefined) continue;
        // a file with several names is there once
        if (stat.nlink > 1n && !stat.isDirectory()) {
          if (linked.has(stat.ino)) continue;
          linked.add(stat.ino);
        }
        bytes += Math.max(ENTRY, Number(stat.blocks) * 512);
      }
    } catch {
      // it is gone, or nobody's to read
    }
  }
  return bytes;
}
