import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readTextIfExists } from '../kernel/files.ts';
import { lastValue, readConfigFile } from './config-file.ts';
import type { Head, OperationInProgress, RepositoryPaths } from './index.ts';

const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** Packed refs larger than this are left to git, which maps the file and searches it by halves. */
const MAX_PACKED = 8 << 20;

export interface RepositoryFormat {
  readonly zeroOid: string;
  readonly refStorage: 'files' | 'other';
}

export function readFormat(paths: RepositoryPaths): RepositoryFormat {
  const entries = readConfigFile(join(paths.commonDir, 'config'));
  return {
    zeroOid: '0'.repeat(lastValue(entries, 'extensions.objectformat') === 'sha256' ? 64 : 40),
    refStorage: (lastValue(entries, 'extensions.refstorage') ?? 'files') === 'files' ? 'files' : 'other',
  };
}

/** HEAD from the files of the files backend; undefined where git itself has to be asked. */
export function readHeadFile(paths: RepositoryPaths): Head | undefined {
  const path = join(paths.gitDir, 'HEAD');
  try {
    if (lstatSync(path).isSymbolicLink()) return undefined;
    const text = readFileSync(path, 'utf8').trimEnd();
    if (OID.test(text)) return { kind: 'detached', oid: text };
    const ref = /^ref:\s*(refs\/heads\/[^\s\0]+)$/.exec(text)?.[1];
    if (ref === undefined || ref.includes('..') || ref.includes('//')) return undefined;
    const oid = readRefFile(paths, ref);
    if (oid === 'ask') return undefined;
    return oid === undefined ? { kind: 'unborn', ref } : { kind: 'branch', ref, oid };
  } catch {
    return undefined;
  }
}

/** A branch's value, loose before packed; 'ask' where it is a symbolic ref or anything unusual. */
export function readRefFile(paths: RepositoryPaths, ref: string): string | 'ask' | undefined {
  const loose = join(paths.commonDir, ref);
  if (statSync(loose, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const text = readTextIfExists(loose)?.trimEnd();
    if (text !== undefined) return OID.test(text) ? text : 'ask';
  }
  const packed = join(paths.commonDir, 'packed-refs');
  const size = statSync(packed, { throwIfNoEntry: false })?.size;
  if (size === undefined) return undefined;
  if (size > MAX_PACKED) return 'ask';
  const bytes = readFileSync(packed);
  const at = bytes.indexOf(` ${ref}\n`);
  if (at < 0) return undefined;
  const oid = bytes.toString('latin1', bytes.lastIndexOf(0x0a, at) + 1, at);
  return OID.test(oid) ? oid : 'ask';
}

/** What is under way in this work tree, by the files git leaves for it. In git's own order. */
export function operationInProgress(gitDir: string): OperationInProgress | undefined {
  const has = (name: string) => existsSync(join(gitDir, name));
  if (has('MERGE_HEAD')) return 'merge';
  if (has('rebase-apply')) return has('rebase-apply/applying') ? 'am' : 'rebase';
  if (has('rebase-merge')) return 'rebase';
  if (has('CHERRY_PICK_HEAD')) return 'cherry-pick';
  if (has('REVERT_HEAD')) return 'revert';
  if (has('sequencer/todo')) {
    // between two picks of a range neither *_HEAD file exists
    return /^revert\b/.test(readTextIfExists(join(gitDir, 'sequencer', 'todo')) ?? '')
      ? 'revert'
      : 'cherry-pick';
  }
  return has('BISECT_LOG') ? 'bisect' : undefined;
}

const MIDDLE_FILES = [
  ...['MERGE_HEAD', 'MERGE_MSG', 'MERGE_MODE', 'MERGE_RR', 'AUTO_MERGE', 'SQUASH_MSG'],
  ...['CHERRY_PICK_HEAD', 'REVERT_HEAD', 'REBASE_HEAD'],
];
/** Folders that mean, by being there, that something is under way. */
const MIDDLE_FOLDERS = ['rebase-merge', 'rebase-apply', 'sequencer'];

/** Absolute paths of everything by which git knows what it is in the middle of; with them put back, it is again. */
export function operationFiles(gitDir: string): string[] {
  const below = MIDDLE_FOLDERS.filter((name) => existsSync(join(gitDir, name))).flatMap((name) =>
    readdirSync(join(gitDir, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return [...MIDDLE_FILES.map((name) => join(gitDir, name)), ...below];
}

/** Whether HEAD names no branch; settles what `git status` prints for a branch really called `(detached)`. */
export function isDetached(gitDir: string): boolean {
  return !(readTextIfExists(join(gitDir, 'HEAD')) ?? '').startsWith('ref:');
}
