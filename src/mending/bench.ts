import { lstatSync, readFileSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { listTree } from '../build/index.ts';
import { BitError } from '../kernel/errors.ts';
import { globSet } from '../kernel/glob.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import type { Writer } from '../operation/index.ts';
import { localExecutor } from '../workflow/index.ts';
import { plainLog } from './failed.ts';
import { cleanPath } from './fixers/evidence.ts';
import type { Bench, Change, Move, PastStep, ToolResult } from './model.ts';
import { hiddenFrom, requireSandbox, trialEnvironment, trialSandbox } from './room.ts';
import { gitConfig } from './trial.ts';
import type { Copy, Ground, Workshop } from './workshop.ts';

export interface BenchOptions {
  readonly writer: Writer;
  readonly ground: Ground;
  readonly workshop: Workshop;
  readonly history: (path: string, job: string, step: string) => readonly PastStep[];
}

const MOST_FILE = 16 * 1024 * 1024;
const MOST_CHANGES = 500;
const MOST_CHANGED = 64 * 1024 * 1024;
const MOST_OUTPUT = 256 * 1024;
const MOST_WALKED = 100_000;
const SECONDS = 120;

/** The tree of a ground, to read, with a place to try the machine's programs on copies of it. */
export function openBench({ writer, ground, workshop, history }: BenchOptions): Bench {
  const root = realpathSync(ground.root);
  let listed: Promise<readonly string[]> | undefined;
  let moved: Promise<readonly Move[]> | undefined;
  const paths = (): Promise<readonly string[]> => {
    listed ??= listTree(ground.git).then((tree) => tree.paths);
    return listed;
  };
  return {
    read: async (path) => readInside(root, path),
    mode: async (path) => modeInside(root, path),
    async list(globs) {
      const matches = globSet(globs);
      return (await paths()).filter(
        (path) => matches(path) && lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined,
      );
    },
    moves() {
      moved ??= movesOf(ground);
      return moved;
    },
    history,
    async tool(words, options = {}) {
      requireSandbox();
      const copy = await workshop.copy(ground);
      const { status, output } = await runTool(writer, copy, words, options);
      return { status, output, changes: await changesIn(root, copy.tree, ground) };
    },
  };
}

const MOST_COMMITS = 200;
const MOST_MOVES = 2000;

/** By git's own likeness; a history that can't be read has none. */
async function movesOf({ git }: Ground): Promise<readonly Move[]> {
  const { stdout } = await git.read(
    ['log', '-z', '--format=', '-M', '--diff-filter=R', '--name-status', `--max-count=${MOST_COMMITS}`],
    { accept: [0, 128] },
  );
  const words = stdout.split('\0').filter((word) => word.trim() !== '');
  const moves: Move[] = [];
  for (let at = 0; at + 2 < words.length && moves.length < MOST_MOVES; ) {
    const [kind = '', from = '', to = ''] = words.slice(at, at + 3);
    if (!/^\s*R\d{1,3}$/.test(kind)) {
      at++;
      continue;
    }
    const [before, after] = [cleanPath(from), cleanPath(to)];
    if (before !== undefined && after !== undefined) moves.push({ from: before, to: after });
    at += 3;
  }
  return moves;
}

/** A plain file of the tree; undefined for what is none, is too large or is reached by way of a link that leads out. */
export function readInside(root: string, path: string): Buffer | undefined {
  const full = insideOf(root, path);
  if (full === undefined) return undefined;
  const facts = lstatSync(full);
  if (facts.isSymbolicLink()) return Buffer.from(readlinkSync(full));
  return facts.isFile() && facts.size <= MOST_FILE ? readFileSync(full) : undefined;
}

function modeInside(root: string, path: string): Awaited<ReturnType<Bench['mode']>> {
  const full = insideOf(root, path);
  const facts = full === undefined ? undefined : lstatSync(full);
  if (facts?.isSymbolicLink() === true) return '120000';
  if (facts?.isFile() !== true) return undefined;
  return (facts.mode & 0o100) === 0 ? '100644' : '100755';
}

function insideOf(root: string, path: string): string | undefined {
  const clean = cleanPath(path);
  if (clean === undefined || path.includes('\0')) return undefined;
  const full = join(root, clean);
  try {
    const parent = realpathSync(join(full, '..'));
    if (parent !== root && !parent.startsWith(root + sep)) return undefined;
    return lstatSync(full, { throwIfNoEntry: false }) === undefined ? undefined : full;
  } catch {
    return undefined;
  }
}

async function runTool(
  writer: Writer,
  copy: Copy,
  words: readonly string[],
  options: { readonly network?: boolean; readonly seconds?: number },
): Promise<Omit<ToolResult, 'changes'>> {
  const room = await localExecutor().open({
    title: 'tool',
    workspace: copy.tree,
    env: trialEnvironment(writer, copy),
    sandbox: trialSandbox(copy, options.network === true ? 'host' : 'none', gitConfig(writer)),
    limits: { processes: 1024 },
    writable: [],
    hidden: hiddenFrom(writer),
    grace: { interrupt: 500, terminate: 500 },
  });
  let output: Buffer = Buffer.alloc(0);
  try {
    const limit = AbortSignal.timeout(1000 * (options.seconds ?? SECONDS));
    const { status } = await room.run({
      argv: words,
      cwd: copy.tree,
      env: {},
      signal: AbortSignal.any([writer.signal, limit]),
      onOutput: (_stream, bytes) => {
        output = Buffer.concat([output, bytes]).subarray(-MOST_OUTPUT);
      },
    });
    return {
      status: limit.aborted ? 124 : (status ?? 1),
      output: maskSecrets(plainLog(output.toString('utf8'))),
    };
  } finally {
    await room.close();
  }
}

/**
 * What a program changed in a copy. The copy is a stranger's by then: no git runs in it and no link in it is followed;
 * what the user's own git ignores is no change.
 */
async function changesIn(root: string, tree: string, ground: Ground): Promise<readonly Change[]> {
  const known = new Set((await listTree(ground.git)).paths);
  const changes: Change[] = [];
  let bytes = 0;
  const add = (change: Change): void => {
    bytes += change.content?.length ?? 0;
    if (changes.length >= MOST_CHANGES || bytes > MOST_CHANGED)
      throw new BitError(
        'unsupported',
        `the program changed more than ${MOST_CHANGES} files or ${MOST_CHANGED} bytes`,
      );
    changes.push(change);
  };
  for (const path of known) {
    const before = lstatSync(join(root, path), { throwIfNoEntry: false });
    const after = plainFacts(tree, path);
    if (before === undefined || !before.isFile()) continue;
    if (after === undefined) add({ path, content: null });
    else if (after.isFile() && after.size <= MOST_FILE) {
      const content = await readFile(join(tree, path));
      const mode = (after.mode & 0o100) === 0 ? '100644' : '100755';
      const sameMode = (before.mode & 0o100) === (after.mode & 0o100);
      if (!sameMode || before.size !== after.size || !content.equals(readFileSync(join(root, path))))
        add({ path, content, mode });
    }
  }
  for (const path of await newFiles(tree, known, ground)) {
    const facts = plainFacts(tree, path);
    if (facts?.isFile() !== true || facts.size > MOST_FILE || cleanPath(path) !== path) continue;
    add({
      path,
      content: await readFile(join(tree, path)),
      mode: (facts.mode & 0o100) === 0 ? '100644' : '100755',
    });
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Of a path no part of which is a link. */
function plainFacts(tree: string, path: string): Stats | undefined {
  const parts = path.split('/');
  for (let at = 1; at < parts.length; at++)
    if (lstatSync(join(tree, ...parts.slice(0, at)), { throwIfNoEntry: false })?.isDirectory() !== true)
      return undefined;
  return lstatSync(join(tree, path), { throwIfNoEntry: false });
}

/** Level by level, so that a folder which is ignored is not walked. */
async function newFiles(
  tree: string,
  known: ReadonlySet<string>,
  ground: Ground,
): Promise<readonly string[]> {
  const found: string[] = [];
  let level = [''];
  let walked = 0;
  while (level.length > 0) {
    const fresh: { readonly path: string; readonly folder: boolean }[] = [];
    for (const folder of level) {
      for (const entry of await readdir(join(tree, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.name === '.git' || known.has(path)) continue;
        if (entry.isDirectory() || entry.isFile()) fresh.push({ path, folder: entry.isDirectory() });
        walked++;
        if (walked > MOST_WALKED)
          throw new BitError('unsupported', `the program left more than ${MOST_WALKED} files`);
      }
    }
    const ignored = await ignoredOf(
      fresh.map(({ path, folder }) => (folder ? `${path}/` : path)),
      ground,
    );
    const kept = fresh.filter(({ path, folder }) => !ignored.has(folder ? `${path}/` : path));
    found.push(...kept.filter(({ folder }) => !folder).map(({ path }) => path));
    level = kept.filter(({ folder }) => folder).map(({ path }) => path);
  }
  return found;
}

async function ignoredOf(paths: readonly string[], { git }: Ground): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  const { stdout } = await git.read(['check-ignore', '-z', '--stdin'], {
    input: `${paths.join('\0')}\0`,
    accept: [0, 1],
  });
  return new Set(stdout.split('\0').filter((path) => path !== ''));
}
