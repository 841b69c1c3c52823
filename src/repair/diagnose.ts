import { accessSync, constants, existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ref } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { ulidTime } from '../kernel/ids.ts';
import { isJsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import { type Entry, inspectLedgerFile, openMarkers } from '../ledger/index.ts';
import { gitLockFiles, type Reader } from '../operation/index.ts';
import { gitProcessesIn } from './processes.ts';

/** In the order they are put right: settling an intent needs an index that is whole and that nothing locks. */
export const SCOPES = [
  'ledger',
  'locks',
  'index',
  'intents',
  'objects',
  'hooks',
  'keeps',
  'leftovers',
] as const;
export type Scope = (typeof SCOPES)[number];

/**
 * What `auto` and `custom <scope>` look at. The object graph only by name: it takes long.
 *
 * @throws BitError `usage` where `custom` names no scope, or `auto` names one
 */
export function scopesOf(mode: string, scope: string | undefined): readonly Scope[] {
  const found = SCOPES.find((name) => name === scope);
  if (mode === 'custom' && found !== undefined) return [found];
  if (mode === 'auto' && scope === undefined) return SCOPES.filter((name) => name !== 'objects');
  throw new BitError('usage', mode === 'custom' ? 'custom needs a scope' : 'auto takes no scope', {
    hint: `bit repair custom ${SCOPES.join('|')}`,
  });
}

/** One thing that is wrong, and what repairing would do. */
export type Finding =
  | {
      readonly scope: 'intents';
      readonly what: string;
      readonly fix: string;
      readonly intent: Entry;
      /** Begun on another machine or in another container: whether it ended can't be told from here. */
      readonly elsewhere: boolean;
    }
  | {
      readonly scope: Exclude<Scope, 'intents'>;
      readonly what: string;
      readonly fix: string;
      readonly path: string;
    };

/** Everything wrong within `scopes`. `objects` walks the whole object graph, so it is asked for by name only. */
export async function diagnose(reader: Reader, scopes: readonly Scope[]): Promise<Finding[]> {
  const finders: Readonly<Record<Scope, (reader: Reader) => Promise<Finding[]> | Finding[]>> = {
    ledger: damagedLedger,
    intents: openIntents,
    locks: staleLocks,
    index: corruptIndex,
    objects: missingObjects,
    hooks: brokenHooks,
    keeps: expiredKeeps,
    leftovers,
  };
  const found: Finding[] = [];
  for (const scope of scopes) found.push(...(await finders[scope](reader)));
  return found;
}

/** Never mended by guessing: the record of what happened is worth more than a file that opens. */
export function damagedLedger(reader: Reader): Finding[] {
  const path = join(reader.stateDirectory, 'ledger');
  const [first] = inspectLedgerFile(path);
  if (first === undefined) return [];
  return [
    {
      scope: 'ledger',
      what: `the file of the ledger is damaged: ${printable(shorten(first, 200))}`,
      fix: `write what verifies of it to ${join(reader.stateDirectory, 'aside')}; or put ${path} back from a backup`,
      path,
    },
  ];
}

/** Asked before and after the markers: what began or ended while this looks is neither dead nor open. */
function openIntents(reader: Reader): Finding[] {
  const before = reader.ledger.openIntents();
  if (before.length === 0) return [];
  const markers = openMarkers(join(reader.stateDirectory, 'ledger'));
  const running = new Map(markers.map((marker) => [marker.op, marker.running]));
  const still = new Set(reader.ledger.openIntents().map((intent) => intent.op));
  return before
    .filter((intent) => still.has(intent.op) && running.get(intent.op) !== true)
    .map((intent) => {
      const host = hostOf(intent);
      const unknown = running.has(intent.op) && running.get(intent.op) === undefined;
      const elsewhere = unknown || (host !== '' && host !== hostname());
      const summary = String(intent.payload?.['summary'] ?? intent.event);
      return {
        scope: 'intents',
        elsewhere,
        intent,
        what: elsewhere
          ? `${intent.op} was begun ${host === hostname() || host === '' ? 'in another container' : `on ${printable(shorten(host, 60))}`} and may be running: ${summary}`
          : `${intent.op} did not finish: ${summary}`,
        fix: 'find out from the reflogs what it had done, and record it',
      };
    });
}

function hostOf(intent: Entry): string {
  const began = intent.payload?.['process'];
  return isJsonObject(began) && typeof began['host'] === 'string' ? began['host'] : '';
}

/** Age in milliseconds under which a lock may belong to a git that is just starting. */
const YOUNG = 2_000;
/** Where processes can't be listed, only a lock this old counts as left behind. */
const OLD = 10 * 60_000;

async function staleLocks(reader: Reader): Promise<Finding[]> {
  const { repository } = reader;
  if (repository === undefined) return [];
  const { root, gitDir, commonDir } = repository;
  const locks = (): string[] => gitLockFiles(gitDir, commonDir).concat(refLocks(commonDir));
  const age = (path: string): number => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat === undefined ? 0 : Date.now() - stat.mtimeMs;
  };
  const found = locks();
  if (found.length === 0) return [];
  // what died a moment ago may have left one, and can't be settled while it is there
  const waiting = openIntents(reader).some((finding) => finding.scope === 'intents' && !finding.elsewhere);
  if (waiting && gitProcessesIn([root, gitDir, commonDir])?.length === 0) {
    const youngest = Math.min(...found.map(age));
    if (youngest < YOUNG) await sleep(YOUNG - Math.max(0, youngest) + 50);
  }
  const working = gitProcessesIn([root, gitDir, commonDir]);
  if (working !== undefined && working.length > 0) return [];
  const least = working === undefined ? OLD : YOUNG;
  return locks()
    .filter((path) => age(path) > least)
    .map((path) => ({ scope: 'locks', what: `${path} is held by no git process`, fix: 'remove it', path }));
}

function refLocks(commonDir: string): string[] {
  const refs = join(commonDir, 'refs');
  if (!existsSync(refs)) return [];
  return readdirSync(refs, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.lock'))
    .map((name) => join(refs, name));
}

async function corruptIndex(reader: Reader): Promise<Finding[]> {
  const { repository } = reader;
  if (repository?.root === undefined) return [];
  const path = join(repository.gitDir, 'index');
  if (!existsSync(path)) return [];
  const result = await reader.git.read(['ls-files', '--stage', '-z'], { accept: [0, 128] });
  if (result.exitCode === 0) return [];
  return [
    { scope: 'index', what: 'the index is corrupt', fix: 'move it aside and rebuild it from HEAD', path },
  ];
}

async function missingObjects(reader: Reader): Promise<Finding[]> {
  const result = await reader.git.read(['fsck', '--connectivity-only', '--no-dangling', '--no-progress'], {
    accept: [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 128],
  });
  const missing = [...`${result.stdout}\n${result.stderr}`.matchAll(/^missing \w+ ([0-9a-f]{40,64})$/gm)];
  if (missing.length === 0) return [];
  const [remote] = await reader.git.remotes();
  return [
    {
      scope: 'objects',
      what: `${missing.length} objects are missing, the first ${missing[0]?.[1] ?? ''}`,
      fix:
        remote === undefined ? 'no remote to fetch them from' : `fetch everything again from ${remote.name}`,
      path: remote?.name ?? '',
    },
  ];
}

function brokenHooks(reader: Reader): Finding[] {
  const { repository } = reader;
  if (repository === undefined || process.platform === 'win32') return [];
  const folder = join(repository.commonDir, 'hooks');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !name.includes('.'))
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true && !executable(path))
    .map((path) => ({
      scope: 'hooks',
      what: `${path} is not executable, so git skips it`,
      fix: 'set its run bit',
      path,
    }));
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const DAY = 86_400_000;

/** What undo kept of operations older than `ledger.keepDays`: one finding for all. */
async function expiredKeeps(reader: Reader): Promise<Finding[]> {
  const { keepDays } = reader.settings.ledger;
  const expired = (await keptRefs(reader, keepDays)).length;
  if (expired === 0) return [];
  const what = `${expired} kept refs are older than ${keepDays} days`;
  return [
    { scope: 'keeps', what, fix: 'let git collect them; those operations can no longer be undone', path: '' },
  ];
}

/** Refs under `refs/bithub/keep/` of operations older than `days`. */
export async function keptRefs(reader: Reader, days: number): Promise<readonly Ref[]> {
  const before = reader.now().getTime() - days * DAY;
  const refs = await reader.git.refs(['refs/bithub/keep/']);
  return refs.filter((ref) => ulidTime(ref.name.split('/')[3] ?? '') < before);
}

/** Working files of processes that are gone: `<state>/tmp/*.<pid>.*`. */
function leftovers(reader: Reader): Finding[] {
  const folder = join(reader.stateDirectory, 'tmp');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !alive(Number(/\.(\d+)\.[a-z]+(?:\.lock)?$/.exec(name)?.[1] ?? 0)))
    .map((name) => join(folder, name))
    .map((path) => ({
      scope: 'leftovers',
      what: `${path} belongs to a process that is gone`,
      fix: 'remove it',
      path,
    }));
}

function alive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
