import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fsyncDirectory, makeDirectory, readTextIfExists } from '../kernel/files.ts';
import { ULID_PATTERN } from '../kernel/ids.ts';
import { isJsonObject } from '../kernel/json.ts';

/**
 * A file `open/<op>` for every open intent, so that a program can know in a fraction of a millisecond, without SQLite,
 * that nothing died in the middle. Written before the intent is committed and removed after its outcome is: after a
 * kill there may be a marker too many and never one too few. After a power failure there may be one too few, which
 * `open/boot` tells: it names the boot in which the markers were last compared with the ledger.
 */
export interface OpenMarker {
  readonly op: string;
  readonly pid: number;
  /** Undefined where it can't be told from here: another machine or container wrote the marker. */
  readonly running: boolean | undefined;
}

/** A process that can't be mistaken for a later one with the same pid. */
interface ProcessIdentity {
  readonly pid: number;
  /** Linux: clock ticks between boot and the process's start (proc(5), stat field 22); elsewhere ''. */
  readonly started: string;
  /** Linux: the kernel's boot id; elsewhere ''. */
  readonly boot: string;
  readonly host: string;
  /** Linux: the pid name space; elsewhere ''. */
  readonly space: string;
}

const BOOT = 'boot';
let self: ProcessIdentity | undefined;

function folder(directory: string): string {
  return join(directory, 'open');
}

/** False: surely no operation died in the middle. True: perhaps; `openIntents()` knows. */
export function hasOpenIntents(directory: string): boolean {
  const names = namesIn(directory);
  if (names.some((name) => ULID_PATTERN.test(name))) return true;
  return names.includes(BOOT) && readTextIfExists(join(folder(directory), BOOT)) !== bootId();
}

/** The markers there are, by operation id, with whether their process still runs. */
export function openMarkers(directory: string): OpenMarker[] {
  return namesIn(directory)
    .filter((name) => ULID_PATTERN.test(name))
    .sort()
    .map((op) => {
      const owner = parseIdentity(readTextIfExists(join(folder(directory), op)) ?? '');
      return { op, pid: owner?.pid ?? 0, running: owner === undefined ? false : isRunning(owner) };
    });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(folder(directory));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

/** Marks an operation of this process as open; call before the intent is committed. */
export function mark(directory: string, op: string): void {
  write(directory, op, thisProcess());
}

function write(directory: string, op: string, owner: ProcessIdentity): void {
  const path = join(folder(directory), op);
  let file: number;
  try {
    file = openSync(path, 'w');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    makeDirectory(folder(directory));
    file = openSync(path, 'w');
  }
  try {
    writeSync(file, JSON.stringify(owner));
  } finally {
    closeSync(file);
  }
  // Without a boot id nothing would tell that a power failure took the marker.
  if (owner.boot === '') fsyncDirectory(folder(directory));
}

/**
 * Never fails: the outcome is on disk by now, and a mark too many costs a look into the ledger until it is compared with
 * it again.
 */
export function unmark(directory: string, op: string): void {
  try {
    unlinkSync(join(folder(directory), op));
  } catch {
    // as above
  }
}

/**
 * Makes the markers agree with the operations the ledger has open. Call inside a write transaction, where no other
 * process is between its marker and its commit.
 */
export function reconcileMarkers(directory: string, open: ReadonlySet<string>): void {
  const names = namesIn(directory);
  for (const name of names) if (name !== BOOT && !open.has(name)) unmark(directory, name);
  for (const op of open)
    if (!names.includes(op)) write(directory, op, { ...thisProcess(), pid: 0, started: '' });
  const path = join(folder(directory), BOOT);
  if (readTextIfExists(path) === bootId()) return;
  makeDirectory(folder(directory));
  // The rename keeps a reader from seeing an empty file; durability isn't needed, a lost one is written again.
  writeFileSync(`${path}.${process.pid}`, bootId());
  renameSync(`${path}.${process.pid}`, path);
}

function thisProcess(): ProcessIdentity {
  self ??= {
    pid: process.pid,
    started: startOf('self'),
    boot: bootId(),
    host: hostname(),
    space: pidSpace(),
  };
  return self;
}

function isRunning(owner: ProcessIdentity): boolean | undefined {
  const here = thisProcess();
  if (owner.pid === 0) return false;
  if (owner.host !== here.host) return undefined;
  if (owner.boot !== here.boot) return false;
  if (owner.space !== here.space) return undefined;
  if (owner.started !== '') return startOf(owner.pid) === owner.started;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Start time of a process on Linux; '' elsewhere or where there is no such process, or it is a zombie. */
function startOf(pid: number | 'self'): string {
  if (process.platform !== 'linux') return '';
  const stat = readProc(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '');
}

function bootId(): string {
  if (self !== undefined) return self.boot;
  return process.platform === 'linux' ? readProc('/proc/sys/kernel/random/boot_id').trim() : '';
}

function pidSpace(): string {
  try {
    return process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : '';
  } catch {
    return '';
  }
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value)) return undefined;
    const { pid, started, boot, host, space } = value;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 0) return undefined;
    if (typeof started !== 'string' || typeof boot !== 'string') return undefined;
    if (typeof host !== 'string' || typeof space !== 'string') return undefined;
    return { pid, started, boot, host, space };
  } catch {
    return undefined;
  }
}
