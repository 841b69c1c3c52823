import { lstatSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import {
  type CloneOptions,
  checkRefName,
  cloneRepository,
  type GitWriter,
  openBestGit,
} from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { receiveClonedLedger } from './clone-ledger.ts';
import {
  cloneTarget,
  folderFor,
  removeStaleClones,
  repositoryAddress,
  staleClones,
  temporarySibling,
} from './clone-place.ts';
import { holdAgainst, readSigners } from './clone-signers.ts';

export interface CloneRequest {
  /** URL, scp-like address, local path, or `owner/name` on GitHub. */
  readonly repo: string;
  readonly directory?: string | undefined;
  readonly depth?: number | undefined;
  readonly branch?: string | undefined;
  /** Partial clone: `blob:none`, `blob:limit=1m`, `tree:0` … */
  readonly filter?: string | undefined;
  readonly mirror?: boolean | undefined;
  /** File of those whose signatures are believed, in OpenSSH's allowed_signers form; undefined pins whoever is met. */
  readonly signers?: string | undefined;
}

export interface CloneResult {
  /** Absolute. */
  readonly directory: string;
  /** Secrets masked. */
  readonly url: string;
  /** Branch checked out; null where the repository is empty, a mirror or detached. */
  readonly branch: string | null;
  readonly head: string | null;
  readonly refs: number;
}

/** A clone whose address, target and limits were checked. */
export interface PlannedClone extends Omit<CloneRequest, 'repo' | 'directory' | 'signers'> {
  readonly url: string;
  readonly target: string;
  readonly plan: readonly string[];
}

export function planClone(reader: Reader, request: CloneRequest): PlannedClone {
  const url = repositoryAddress(request.repo, reader);
  const target = cloneTarget(reader.cwd, request.directory ?? folderFor(url, request.mirror === true));
  if (request.branch !== undefined) checkRefName(request.branch);
  if (request.filter !== undefined && !/^[a-z][A-Za-z0-9:=+%.,_/-]{0,200}$/.test(request.filter)) {
    throw new BitError('usage', `'${printable(shorten(request.filter))}' is no filter`, {
      hint: 'known: blob:none, blob:limit=<size>, tree:<depth>',
    });
  }
  const { depth, branch, filter, mirror } = request;
  const limits = [
    ...(mirror === true ? ['every ref, as a mirror'] : []),
    ...(branch === undefined ? [] : [`branch ${branch}`]),
    ...(depth === undefined ? [] : [`the last ${depth} commits`]),
    ...(filter === undefined ? [] : [`filter ${filter}`]),
  ];
  const plan = [
    ...staleClones(dirname(target)).map((path) => `remove ${path}, left by a clone that was killed`),
    `clone ${maskSecrets(url)}${limits.length === 0 ? '' : ` (${limits.join(', ')})`} beside ${target}`,
    `rename it to ${target} once it is whole`,
    ...(mirror === true ? [] : ['receive and verify the ledger it shares']),
  ];
  return { url, target, plan, depth, branch, filter, mirror };
}

/** Clones into a temporary sibling and renames: under the wanted name there is a whole clone or none. */
export async function cloneInto(reader: Reader, request: CloneRequest): Promise<Effect<CloneResult>> {
  const planned = planClone(reader, request);
  const signers = request.signers === undefined ? undefined : readSigners(reader, request.signers);
  return {
    summary: `clone ${maskSecrets(planned.url)} into ${basename(planned.target)}`,
    target: {
      url: maskSecrets(planned.url),
      directory: planned.target,
      branch: planned.branch ?? null,
      depth: planned.depth ?? null,
      filter: planned.filter ?? null,
      mirror: planned.mirror === true,
      ...(signers === undefined ? {} : { signers: signers.keys }),
    },
    plan:
      signers === undefined
        ? planned.plan
        : [...planned.plan, `before it has its name, hold its ledger and signers against ${signers.file}`],
    touches: { refs: [] },
    irreversible: [`made ${planned.target}`],
    async run(writer) {
      if (signers !== undefined) return runClone(writer, planned, holdAgainst(writer, signers));
      const out = await runClone(writer, planned);
      if (planned.mirror !== true) await receiveClonedLedger(writer, out.directory);
      return out;
    },
    record: ({ directory, url, branch, head, refs }) => ({ directory, url, branch, head, refs }),
  };
}

/** A step between the clone and its name; cancels it by throwing. */
export interface Finishing {
  readonly title: string;
  run(git: GitWriter): Promise<void>;
}

export async function runClone(
  writer: Writer,
  planned: PlannedClone,
  finishing?: Finishing,
): Promise<CloneResult> {
  const { url, target, depth, branch, filter, mirror } = planned;
  const parent = dirname(target);
  const made = makeDirectory(parent);
  removeStaleClones(parent);
  const temporary = temporarySibling(target, writer.operation);
  const [fetching, placing] = [`clone ${maskSecrets(url)}`, `put it in ${basename(target)}`];
  try {
    const titles = [fetching, ...(finishing === undefined ? [] : [finishing.title]), placing];
    return await writer.tasks(titles, async (step) => {
      const paths = await step(fetching, ({ update }) => {
        const options: CloneOptions = {
          url,
          directory: temporary,
          env: writer.env,
          signal: writer.signal,
          onProgress: (event) => update(event.stage, event.done, event.total),
          ...(depth === undefined ? {} : { depth }),
          ...(branch === undefined ? {} : { branch }),
          ...(filter === undefined ? {} : { filter }),
          ...(mirror === true ? { mirror } : {}),
        };
        return cloneRepository(options);
      });
      const git = await openBestGit({ paths, env: writer.env });
      if (finishing !== undefined) await step(finishing.title, () => finishing.run(git));
      return step(placing, async () => {
        const [head, refs] = await Promise.all([git.head(), git.refs()]);
        if (writer.signal.aborted) throw new BitError('cancelled', 'interrupted; nothing was cloned');
        moveIntoPlace(temporary, target, writer.cwd);
        return {
          directory: target,
          url: maskSecrets(url),
          branch: head.kind === 'branch' && mirror !== true ? head.ref.replace(/^refs\/heads\//, '') : null,
          head: head.kind === 'unborn' ? null : head.oid,
          refs: refs.length,
        };
      });
    });
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    removeEmptyFolders(parent, made);
    throw error;
  }
}

/** One rename. Only into the current folder, which a rename would take from under the shell, entry by entry, `.git` last. */
function moveIntoPlace(temporary: string, target: string, cwd: string): void {
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there === undefined || resolve(cwd) !== target) {
    if (there !== undefined) removeEmptyTarget(target);
    renameSync(temporary, target);
    return;
  }
  if (readdirSync(target).length > 0) throw filled(target);
  const names = readdirSync(temporary).sort((a, b) => Number(a === '.git') - Number(b === '.git'));
  for (const name of names) renameSync(join(temporary, name), join(target, name));
  rmdirSync(temporary);
}

function removeEmptyTarget(target: string): void {
  try {
    rmdirSync(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') throw filled(target);
    throw error;
  }
}

function filled(target: string): BitError {
  return new BitError(
    'conflict',
    `${printable(target)} was filled while the clone ran; nothing was put there`,
  );
}

/** Takes back the folders `mkdir` made, from `parent` up to `first`, as far as they are empty. */
function removeEmptyFolders(parent: string, first: string | undefined): void {
  if (first === undefined) return;
  try {
    for (let folder = parent; ; folder = dirname(folder)) {
      rmdirSync(folder);
      if (folder === first || folder === dirname(folder)) return;
    }
  } catch {
    // something else is in it by now
  }
}
