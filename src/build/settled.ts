import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../git/index.ts';
import { makeDirectory } from '../kernel/files.ts';
import type { Reader } from '../operation/index.ts';
import { namedEnvironment } from './environment.ts';
import type { BuildOptions, BuildResult } from './model.ts';
import { coarseness } from './state.ts';

const VERSION = 1;
const MOST_BYTES = 256 << 20;
/** Numbers of a path: size, mtime, ctime, inode, mode. */
const FACTS = 5;
/** What points git at other files than those that are watched: nothing is remembered, and nothing believed. */
const REDIRECTING = ['GIT_INDEX_FILE', 'GIT_CONFIG_COUNT', 'GIT_CONFIG_PARAMETERS'];
/** Where git finds its settings, and we our programs. */
const PLACES = ['HOME', 'XDG_CONFIG_HOME', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM'];

/** A program whose version counts: its name, where PATH has it, and the file that it is. */
export type UsedTool = readonly [name: string, program: string, file: string];

/**
 * What a build saw that found nothing to do. Its answer hangs on the paths in `watched` and on nothing else of the disk:
 * the files that targets read and left, git's index and settings, and every folder in which a file that is not ignored
 * could appear. As long as the system says the same of each of them, the answer is the same, and neither git is asked nor
 * a file opened.
 */
export interface Settled {
  readonly root: string;
  /** Names of the targets that were asked for. */
  readonly wanted: readonly string[];
  /** Patterns of the variables that targets see. */
  readonly variables: readonly string[];
  readonly tools: readonly UsedTool[];
  /** Relative to the root, or absolute. */
  readonly watched: readonly string[];
  readonly result: Pick<BuildResult, 'targets' | 'left'>;
}

interface Document extends Omit<Settled, 'watched'> {
  readonly v: number;
  readonly program: string;
  readonly places: string;
  readonly values: string;
  readonly watched: string;
}

function pathOf(reader: Reader): string {
  return join(reader.stateDirectory, 'build', 'settled');
}

/** Whether `options` ask for what can be remembered as a whole. */
export function canSettle(reader: Reader, { mode, noCache, logs }: BuildOptions): boolean {
  // elsewhere a folder's times need not tell that something was made in it
  const told = process.platform === 'linux' || process.platform === 'darwin';
  const plain = REDIRECTING.every((name) => reader.env[name] === undefined);
  return told && plain && mode === 'incremental' && !noCache && logs !== 'full';
}

/** The result of the last build that found nothing to do, where all that it hangs on is as it was. */
export function readSettled(reader: Reader, options: BuildOptions): Settled['result'] | undefined {
  const root = reader.repository?.root;
  if (root === undefined || !canSettle(reader, options)) return undefined;
  try {
    const bytes = readFileSync(pathOf(reader));
    const from = bytes.readUInt32LE(0);
    const document = JSON.parse(bytes.toString('utf8', 4, 4 + from)) as Document;
    const same =
      document.v === VERSION &&
      document.program === import.meta.url &&
      document.root === root &&
      isSameList(document.wanted, options.targets) &&
      document.places === placesOf(reader) &&
      document.values === valuesOf(document.variables, reader) &&
      document.tools.every((tool) => isSameTool(tool, reader)) &&
      isSameTree(root, document.watched.split('\0'), bytes.subarray(4 + from));
    return same ? document.result : undefined;
  } catch {
    return undefined; // there is none, or none that is whole
  }
}

/** Remembers it, unless something in it changed since the build `begun` (milliseconds) to read it, or just before. */
export function writeSettled(reader: Reader, settled: Settled, begun: number): void {
  const facts = new Float64Array(settled.watched.length * FACTS);
  for (const [at, path] of settled.watched.entries()) {
    lookAt(settled.root, path, facts, at * FACTS);
    const [mtime = 0, ctime = 0] = facts.subarray(at * FACTS + 1);
    if (Math.max(mtime, ctime) >= begun - coarseness(mtime)) return;
  }
  const document: Document = {
    v: VERSION,
    program: import.meta.url,
    places: placesOf(reader),
    values: valuesOf(settled.variables, reader),
    ...settled,
    watched: settled.watched.join('\0'),
  };
  const head = Buffer.from(JSON.stringify(document));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const bytes = Buffer.concat([length, head, Buffer.from(facts.buffer)]);
  if (bytes.length > MOST_BYTES) return;
  const path = pathOf(reader);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    makeDirectory(join(path, '..'));
    writeFileSync(temporary, bytes, { mode: 0o600 });
    // a disk whose clock is not ours (another machine's): what changed lately can't be told
    const ours = Math.abs(lstatSync(temporary).mtimeMs - Date.now()) < 1000;
    if (ours) renameSync(temporary, path);
    else rmSync(temporary, { force: true });
  } catch {
    // it is looked at thoroughly again
  }
}

function isSameTree(root: string, paths: readonly string[], bytes: Buffer): boolean {
  if (bytes.length !== paths.length * FACTS * 8) return false;
  const facts = new Float64Array(new Uint8Array(bytes).buffer);
  const now = new Float64Array(FACTS);
  for (let at = 0; at < paths.length; at++) {
    lookAt(root, paths[at] ?? '', now, 0);
    for (let fact = 0; fact < FACTS; fact++) if (now[fact] !== facts[at * FACTS + fact]) return false;
  }
  return true;
}

function lookAt(root: string, path: string, facts: Float64Array, at: number): void {
  const stat = lstatSync(path.startsWith('/') ? path : `${root}/${path}`, { throwIfNoEntry: false });
  if (stat === undefined) {
    facts.fill(-1, at, at + FACTS);
    return;
  }
  facts[at] = stat.size;
  facts[at + 1] = stat.mtimeMs;
  facts[at + 2] = stat.ctimeMs;
  facts[at + 3] = stat.ino;
  facts[at + 4] = stat.mode;
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}

function placesOf({ env }: Reader): string {
  return PLACES.map((name) => env[name] ?? '').join('\n');
}

/** Digest of the variables that targets see: their values are nobody's to keep. */
function valuesOf(names: readonly string[], { env }: Reader): string {
  const values = namedEnvironment({ env: names }, env);
  return values.length === 0 ? '' : createHash('sha256').update(JSON.stringify(values)).digest('hex');
}

function isSameTool([name, program, file]: UsedTool, { env }: Reader): boolean {
  const found = findProgram(name, env) ?? '';
  return found === program && (found === '' || realpathSync(found) === file);
}
