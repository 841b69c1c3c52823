import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { globBase, globSet } from '../kernel/glob.ts';
import { runTree, type TreeResult } from '../kernel/process-tree.ts';
import { type CommandPlace, commandEnvironment } from './environment.ts';
import {
  type FileImage,
  type FilePlace,
  type Files,
  imageOf,
  isSameImage,
  keep,
  leadsOutside,
} from './files.ts';
import type { OutputLog } from './log.ts';
import type { Target } from './model.ts';
import { foreignParent, isWithin, walkFiles } from './tree.ts';

/** More than this before a build is not kept, and then it can't be rolled back. */
const MOST_KEPT_BYTES = 1024 ** 3;
const MOST_KEPT_FILES = 20_000;
/** Private to a machine, whoever ignores it. */
const PRIVATE = /(?:^|\/)\.env(?:\.[^/]*)?$/;

/** Files the target may leave that are there now: by its patterns, by what it left last time, by looking. */
export function candidates(
  place: FilePlace,
  target: Target,
  inputs: ReadonlySet<string>,
): Map<string, FileImage> {
  const found = new Set<string>(place.state.target(target.id)?.outputs.keys());
  const matches = globSet(target.outputs, { below: true });
  const without = new Set(target.others);
  const bases = target.observe
    ? [target.directory]
    : [...new Set(target.outputs.filter((pattern) => !pattern.startsWith('!')).map(globBase))];
  for (const base of bases) {
    if (foreignParent(place.root, `${base}/`) !== undefined && !isLink(place.root, base)) continue;
    const below = isPlainFile(place.root, base) ? [base] : walkFiles(place.root, base, without);
    for (const path of below) {
      if (inputs.has(path) || PRIVATE.test(path)) continue;
      if (target.observe || matches(path)) found.add(path);
    }
  }
  const images = new Map<string, FileImage>();
  for (const path of [...found].sort()) {
    const image = imageOf(place, path);
    if (image !== null && !inputs.has(path)) images.set(path, image);
  }
  return images;
}

function isLink(root: string, path: string): boolean {
  return lstatSync(join(root, path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function isPlainFile(root: string, path: string): boolean {
  return path !== '' && existsSync(join(root, path)) && walkFiles(root, path).length === 0;
}

export interface Kept {
  readonly bytes: number;
  /** Why not everything was kept. */
  readonly unkept?: string;
}

/** Keeps the bytes of what a build is about to replace. */
export function keepAll(place: FilePlace, files: ReadonlyMap<string, FileImage>): Kept {
  const total = [...files.values()].reduce((sum, { size }) => sum + size, 0);
  if (files.size > MOST_KEPT_FILES || total > MOST_KEPT_BYTES)
    return { bytes: 0, unkept: 'what stood there before is too large to be kept (1 GiB, 20,000 files)' };
  let bytes = 0;
  for (const [path, image] of files) bytes += keep(place, path, image);
  return { bytes };
}

/** Runs the steps one after another until one fails. */
export async function runSteps(
  target: Target,
  place: CommandPlace & {
    readonly signal: AbortSignal;
    readonly timeout: number | undefined;
    readonly log: OutputLog;
  },
): Promise<TreeResult> {
  const env = commandEnvironment(target, place);
  const until = place.timeout === undefined ? undefined : performance.now() + place.timeout;
  let result: TreeResult = { exitCode: 0, ended: 'exit' };
  for (const step of target.steps) {
    const [program, ...args] =
      process.platform === 'win32' ? ['cmd.exe', '/d', '/s', '/c', step] : ['/bin/sh', '-c', step];
    result = await runTree({
      program: program ?? '',
      args,
      cwd: join(place.root, target.directory),
      env,
      signal: place.signal,
      timeout: until === undefined ? undefined : Math.max(1, until - performance.now()),
      onOutput: place.log.take,
    });
    if (result.exitCode !== 0 || result.ended !== 'exit') break;
  }
  place.log.end();
  return result;
}

export interface Left {
  /** What the target left. */
  readonly outputs: Map<string, FileImage>;
  /** Files of `before` and `after` that differ. */
  readonly before: Files;
  readonly after: Files;
  /** A reason not to keep it. */
  readonly uncached?: string;
}

/** Compares what is there after a target ran with what was before. */
export function whatItLeft(
  place: FilePlace,
  target: Target,
  before: ReadonlyMap<string, FileImage>,
  inputs: ReadonlySet<string>,
): Left {
  const now = candidates(place, target, inputs);
  const matches = globSet(target.outputs, { below: true });
  const previous = place.state.target(target.id)?.outputs;
  const outputs = new Map<string, FileImage>();
  for (const [path, image] of now) {
    const changed = !isSameImage(before.get(path) ?? null, image);
    if (changed || matches(path) || previous?.has(path) === true) outputs.set(path, image);
  }
  const was = new Map<string, FileImage | null>();
  const is = new Map<string, FileImage | null>();
  for (const path of new Set([...before.keys(), ...now.keys()])) {
    const [old, fresh] = [before.get(path) ?? null, now.get(path) ?? null];
    if (isSameImage(old, fresh)) continue;
    was.set(path, old);
    is.set(path, fresh);
  }
  const outside = [...outputs].find(([path, { kind }]) => kind === 'l' && leadsOutside(place.root, path));
  const stray = [...outputs.keys()].find((path) => !isWithin('', path) || path.startsWith('.git/'));
  const uncached =
    outside !== undefined
      ? `${outside[0]} is a link that leads out of the repository`
      : stray !== undefined
        ? `${stray} is not its to leave`
        : undefined;
  return { outputs, before: was, after: is, ...(uncached === undefined ? {} : { uncached }) };
}
