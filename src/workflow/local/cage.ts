import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Limits } from '../model.ts';

/** A job's control groups, where this user may make some: they hold its limits, and know all that runs in it. */
export interface Cage {
  /** Files that take a process in by its id. */
  readonly doors: readonly string[];
  /** Which version of control groups holds a limit; a limit that none holds is missing. */
  readonly holds: Partial<Readonly<Record<Held, 1 | 2>>>;
  /** Ids of what runs in it, as this process sees them. */
  pids(): readonly number[];
  remove(): Promise<void>;
}

export type Held = 'processes' | 'memory' | 'cpu';

/** Where the system has its control groups, and says in which this process is. */
export interface CageSystem {
  readonly root: string;
  readonly self: string;
}

const SYSTEM: CageSystem = { root: '/sys/fs/cgroup', self: '/proc/self/cgroup' };
/** Microseconds over which processor time is shared out. */
const PERIOD = 100_000;
let count = 0;

/** Undefined where the system has none, or lets this user make none. */
export function makeCage(limits: Limits, system: CageSystem = SYSTEM): Cage | undefined {
  if (process.platform !== 'linux') return undefined;
  count++;
  const name = `bit-${process.pid}-${count}`;
  const quota = limits.cpu === undefined ? undefined : Math.max(1000, Math.round(limits.cpu * PERIOD));
  const wanted: readonly (readonly [
    held: Held,
    controller: string,
    v1: string,
    v2: string,
    value: number | undefined,
    unit2?: string,
  ])[] = [
    ['processes', 'pids', 'pids.max', 'pids.max', limits.processes],
    ['memory', 'memory', 'memory.limit_in_bytes', 'memory.max', limits.memory],
    ['cpu', 'cpu', 'cpu.cfs_quota_us', 'cpu.max', quota, ` ${PERIOD}`],
  ];
  const places: string[] = [];
  const holds: Partial<Record<Held, 1 | 2>> = {};
  for (const [held, controller, v1, v2, value, unit2 = ''] of wanted) {
    if (value === undefined) continue;
    const above = placeOf(controller, v2, system);
    if (above === undefined) continue;
    const folder = join(above.folder, name);
    try {
      mkdirSync(folder, { recursive: true });
      if (above.version === 1) writeFileSync(join(folder, v1), String(value));
      else writeFileSync(join(folder, v2), `${value}${unit2}`);
      holds[held] = above.version;
      if (!places.includes(folder)) places.push(folder);
    } catch {
      drop(folder);
    }
  }
  if (places.length === 0) return undefined;
  const doors = places.map((folder) => join(folder, 'cgroup.procs'));
  return {
    doors,
    holds,
    pids: () => [...new Set(doors.flatMap(read))],
    async remove() {
      // an ended process leaves its group a moment after its parent hears of it
      for (let turn = 0; turn < 50 && places.some((folder) => !drop(folder)); turn++) await sleep(2 + turn);
    },
  };
}

/** Where groups of a controller may be made: of version 1 at this process's own, of version 2 beside its own. */
function placeOf(
  controller: string,
  file: string,
  { root, self }: CageSystem,
): { readonly folder: string; readonly version: 1 | 2 } | undefined {
  let lines: string[];
  try {
    lines = readFileSync(self, 'utf8').split('\n');
  } catch {
    return undefined;
  }
  for (const line of lines) {
    const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (names === undefined || path === undefined) continue;
    if (names.split(',').includes(controller)) {
      const folder = join(root, controller, path);
      const found = existsSync(folder) ? folder : join(root, controller);
      return existsSync(found) ? { folder: found, version: 1 } : undefined;
    }
    const own = join(root, path);
    if (names === '' && existsSync(join(own, file)) && path !== '/')
      return { folder: dirname(own), version: 2 };
  }
  return undefined;
}

function read(door: string): number[] {
  try {
    return readFileSync(door, 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Whether it is gone. */
function drop(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}
