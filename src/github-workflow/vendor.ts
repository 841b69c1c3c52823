import { createHash } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory, writeFileAtomic } from '../kernel/files.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import type { SourceFiles } from '../workflow/index.ts';
import {
  LOCK_FILE,
  nameOf,
  parseUses,
  type RemoteReference,
  VENDOR_FOLDER,
  vendoredFolder,
} from './action-place.ts';
import { readAction, readWorkflow, stepsOf } from './definition.ts';
import { WORKFLOW_FOLDER } from './github-source.ts';
import { type ActionLock, lockText, type Pin, readLock } from './lock.ts';
import { nativeAction } from './native/index.ts';
import { at } from './source.ts';
import { openWorkTree } from './work-tree.ts';

export interface VendorRequest {
  /** `owner/repo@ref`; every remote action the workflows use where none is named. */
  readonly actions: readonly string[];
  /** Base address of the repositories. */
  readonly from: string;
  /** Takes the commit the ref stands for now, also where the lock file names another. */
  readonly update: boolean;
}

export interface VendoredAction {
  readonly action: string;
  readonly commit: string;
  readonly digest: string;
  readonly folder: string;
  readonly files: number;
}

export interface VendorResult {
  readonly vendored: readonly VendoredAction[];
  /** Here already, at the commit the lock file names. */
  readonly kept: readonly string[];
  /** What the workflows and these use besides and isn't here yet. */
  readonly further: readonly string[];
}

const MOST_FILES = 20_000;
const MOST_BYTES = 300 * 1024 * 1024;
const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** Repositories of actions, each at one commit, into the work tree; the lock file says which and what they hold. */
export async function vendorActions(reader: Reader, request: VendorRequest): Promise<Effect<VendorResult>> {
  const files = openWorkTree(reader);
  if (!/^(https?|ssh|git|file):\/\/[^\s]+$/.test(request.from))
    throw new BitError('usage', `${request.from} is no address of a server`);
  const lock = readLock(files);
  const wanted = request.actions.length === 0 ? usedActions(files) : request.actions.map(remote);
  const unique = new Map(wanted.map((reference) => [keyOf(reference), reference]));
  if (unique.size === 0)
    throw new BitError('not-found', 'the workflows use no action that is somewhere else');
  const due: Due[] = [];
  const kept: string[] = [];
  for (const [key, reference] of unique) {
    const pin = lock.get(key);
    const here = existsSync(join(files.root, vendoredFolder(reference)));
    if (pin !== undefined && here && !request.update) kept.push(key);
    else
      due.push(
        await resolveDue(reader, reference, { from: request.from, pin: request.update ? undefined : pin }),
      );
  }
  const folders = due.map(({ reference }) => vendoredFolder(reference));
  return {
    summary: `vendor ${due.map(({ reference }) => keyOf(reference)).join(', ') || 'nothing new'}`,
    target: {
      actions: due.map(({ reference, commit }) => ({ action: keyOf(reference), commit })),
      folder: VENDOR_FOLDER,
    },
    plan: [
      ...due.map(
        ({ reference, commit }) => `fetch ${keyOf(reference)} at ${commit} into ${vendoredFolder(reference)}`,
      ),
      ...kept.map((key) => `keep ${key}`),
      ...(due.length > 0 ? [`write ${LOCK_FILE}`] : []),
    ],
    touches: { refs: [], ...(due.length === 0 ? {} : { worktree: 'ignored' }) },
    run: (writer) => fetchAll(writer, { files, lock, due, kept, folders }),
    record: ({ vendored }) => ({
      vendored: vendored.map(({ action, commit, digest }) => ({ action, commit, digest })),
    }),
  };
}

/** One repository at a ref, whatever path of it is used. */
function keyOf({ owner, repo, ref }: RemoteReference): string {
  return `${owner.toLowerCase()}/${repo.toLowerCase()}@${ref}`;
}

function remote(uses: string): RemoteReference {
  const reference = parseUses(uses);
  if (reference.kind !== 'remote')
    throw new BitError('usage', `${uses} is not somewhere else: owner/repo@ref`);
  return reference;
}

/** Every remote action and reusable workflow the workflows use, but for those done here, and what vendored ones use. */
export function usedActions(files: SourceFiles): readonly RemoteReference[] {
  const found = new Map<string, RemoteReference>();
  const take = (uses: string): void => {
    const reference = parseUses(uses);
    if (reference.kind !== 'remote' || nativeAction(reference) !== undefined || found.has(nameOf(reference)))
      return;
    found.set(nameOf(reference), reference);
    for (const name of ['action.yml', 'action.yaml']) {
      const path = [vendoredFolder(reference), reference.path, name].filter((part) => part !== '').join('/');
      const text = files.read(path);
      if (text !== undefined) usesOfAction(path, text).forEach(take);
    }
  };
  for (const name of files.list(WORKFLOW_FOLDER).filter((file) => /\.ya?ml$/.test(file))) {
    const path = `${WORKFLOW_FOLDER}/${name}`;
    for (const job of readWorkflow(path, files.read(path) ?? '').jobs)
      for (const uses of [job.uses, ...job.steps.map((step) => step.uses)])
        if (uses !== undefined) take(String(uses.value));
  }
  return [...found.values()];
}

function usesOfAction(path: string, text: string): readonly string[] {
  const { runs } = readAction(path, text);
  return stepsOf(at(runs, 'steps')).flatMap(({ uses }) => (uses === undefined ? [] : [String(uses.value)]));
}

interface Due {
  readonly reference: RemoteReference;
  readonly url: string;
  readonly commit: string;
  readonly pin: Pin | undefined;
}

/** The commit a ref stands for; the one pinned where there is a pin. */
async function resolveDue(
  reader: Reader,
  reference: RemoteReference,
  options: { readonly from: string; readonly pin: Pin | undefined },
): Promise<Due> {
  const { owner, repo, ref } = reference;
  const { pin } = options;
  const url = `${options.from.replace(/\/+$/, '')}/${owner}/${repo}`;
  if (pin !== undefined) return { reference, url, commit: pin.commit, pin };
  if (COMMIT.test(ref)) return { reference, url, commit: ref, pin };
  const { stdout, exitCode } = await reader.git.read(
    ['ls-remote', '--', url, `refs/tags/${ref}`, `refs/tags/${ref}^{}`, `refs/heads/${ref}`, ref],
    {
      accept: [0, 128],
      env: { GIT_TERMINAL_PROMPT: '0' },
    },
  );
  if (exitCode !== 0)
    throw new BitError('remote', `${url} can't be read`, { details: { action: nameOf(reference) } });
  const refs = new Map(
    stdout
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([oid = '', name = '']) => [name, oid]),
  );
  const commit =
    refs.get(`refs/tags/${ref}^{}`) ??
    refs.get(`refs/tags/${ref}`) ??
    refs.get(`refs/heads/${ref}`) ??
    refs.get(ref);
  if (commit === undefined || !COMMIT.test(commit))
    throw new BitError('not-found', `${owner}/${repo} has no tag or branch ${ref}`, { details: { url } });
  return { reference, url, commit, pin };
}

interface FetchPlan {
  readonly files: SourceFiles;
  readonly lock: ActionLock;
  readonly due: readonly Due[];
  readonly kept: readonly string[];
  readonly folders: readonly string[];
}

/** All or none: folders take their places once every one of them is whole. */
async function fetchAll(writer: Writer, { files, lock, due, kept }: FetchPlan): Promise<VendorResult> {
  const { root } = files;
  const next = new Map(lock);
  const made: { readonly due: Due; readonly staged: string; readonly vendored: VendoredAction }[] = [];
  const progress = writer.progress('vendoring actions');
  const staging = join(root, VENDOR_FOLDER, `.new-${writer.operation}`);
  try {
    for (const [index, each] of due.entries()) {
      progress.update(keyOf(each.reference), index, due.length);
      const staged = join(staging, String(index));
      made.push({ due: each, staged, vendored: await fetchOne(writer, each, staged) });
    }
    for (const { due: each, staged, vendored } of made) {
      const folder = join(root, vendored.folder);
      rmSync(folder, { recursive: true, force: true });
      makeDirectory(dirname(folder));
      renameSync(staged, folder);
      next.set(keyOf(each.reference), { commit: vendored.commit, digest: vendored.digest, from: each.url });
    }
    if (made.length > 0) writeFileAtomic(join(root, LOCK_FILE), lockText(next));
  } finally {
    progress.end();
    rmSync(staging, { recursive: true, force: true });
  }
  const further = usedActions(files).filter((reference) => !next.has(keyOf(reference)));
  return { vendored: made.map(({ vendored }) => vendored), kept, further: [...new Set(further.map(keyOf))] };
}

async function fetchOne(
  writer: Writer,
  { reference, url, commit, pin }: Due,
  staged: string,
): Promise<VendoredAction> {
  const { git } = writer;
  await git.run(
    [
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-recurse-submodules',
      '--depth=1',
      '--',
      url,
      commit,
    ],
    {
      env: { GIT_TERMINAL_PROMPT: '0' },
      signal: writer.signal,
    },
  );
  const listed = await git.run(['ls-tree', '-r', '-z', '-l', '--full-tree', commit]);
  const entries = listed.stdout
    .split('\0')
    .filter((line) => line !== '')
    .map(parseEntry);
  const bytes = entries.reduce((sum, { size }) => sum + size, 0);
  if (entries.length > MOST_FILES || bytes > MOST_BYTES)
    throw new BitError(
      'unsupported',
      `${nameOf(reference)} holds ${entries.length} files, ${bytes} bytes: more than is vendored`,
    );
  const whole = createHash('sha256');
  makeDirectory(staged);
  // links are left out: where they would lead is not decided here
  const plain = entries.filter(({ mode }) => mode === '100644' || mode === '100755');
  for (const { path, mode } of plain) {
    const content = await git.blob(commit, path);
    if (content === undefined)
      throw new BitError('integrity', `${nameOf(reference)}: ${path} is missing from the commit`);
    const target = join(staged, path);
    makeDirectory(dirname(target));
    writeFileAtomic(target, content, { mode: mode === '100755' ? 0o755 : 0o644 });
    whole.update(`${createHash('sha256').update(content).digest('hex')} ${mode} ${path}\n`);
  }
  const digest = whole.digest('hex');
  if (pin !== undefined && pin.digest !== digest)
    throw new BitError(
      'integrity',
      `${nameOf(reference)} at ${commit} holds other files than ${LOCK_FILE} says`,
      {
        details: { expected: pin.digest, found: digest },
      },
    );
  return { action: keyOf(reference), commit, digest, folder: vendoredFolder(reference), files: plain.length };
}

interface TreeEntry {
  readonly mode: string;
  readonly size: number;
  readonly path: string;
}

function parseEntry(line: string): TreeEntry {
  const [head = '', path = ''] = line.split('\t');
  const [mode = '', , , size = '0'] = head.split(/\s+/);
  const unsafe = path
    .split('/')
    .some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git');
  if (unsafe || path.includes('\\'))
    throw new BitError(
      'integrity',
      `an action holds the path ${JSON.stringify(path)}, which leads out of it`,
    );
  return { mode, size: Number(size) || 0, path };
}
