import { checkRevision, checkShortName, type Oid, type RefName } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { newBranch } from './branch-new.ts';
import { branchesElsewhere, branchOf, didYouMean, HEADS, short, shortBranch } from './lookup.ts';
import { switchFiles } from './switch-files.ts';

export interface SwitchOptions {
  /** Branch, `-` for the one before. */
  readonly name: string;
  readonly create: boolean;
  /** Start of a created branch; default HEAD. */
  readonly from: string | undefined;
}

export interface SwitchResult {
  readonly branch: string;
  readonly oid: Oid | null;
  /** Where HEAD was: a branch or, detached, a commit. */
  readonly from: string;
  readonly created: boolean;
  readonly upstream: string | null;
}

/**
 * Goes to a branch; one that only a remote has is made here and tracks it.
 *
 * @throws BitError `not-found` with the nearest names, `conflict` where local changes are in the way
 */
export async function switchBranch(reader: Reader, options: SwitchOptions): Promise<Effect<SwitchResult>> {
  const { git } = reader;
  if (git.paths.root === undefined)
    throw new BitError('unsupported', 'a bare repository has no branch checked out');
  const name = options.name === '-' ? await previousBranch(reader) : options.name;
  const head = await git.head();
  const was = branchOf(head) ?? (head.kind === 'detached' ? head.oid : '');
  if (options.create && options.from === undefined && head.kind === 'unborn') return renamed(name, head.ref);
  if (options.create) return created(reader, { name, from: options.from, was });
  if (options.from !== undefined) throw new BitError('usage', '--from goes with --create');
  checkRevision(name);
  const refs = await git.refs([HEADS, 'refs/remotes/']);
  const local = refs.find((ref) => ref.name === `${HEADS}${name}`);
  if (local === undefined && head.kind === 'unborn' && head.ref === `${HEADS}${name}`) {
    throw new BitError('failed', `already on ${printable(name)}, which has no commit yet`);
  }
  if (local === undefined) {
    const remote = onlyRemote(
      name,
      refs.map((ref) => ref.name),
    );
    if (remote === undefined) throw await noBranch(reader, name, refs);
    return created(reader, { name, from: remote, was });
  }
  const elsewhere = (await branchesElsewhere(git)).get(local.name);
  if (elsewhere !== undefined) {
    throw new BitError('conflict', `${printable(name)} is checked out at ${printable(elsewhere)}`, {
      details: { branch: name, worktree: elsewhere },
    });
  }
  return {
    summary: `switch to ${name}`,
    target: { branch: name, oid: local.oid, from: was, create: false },
    plan: [`move HEAD from ${branchOf(head) ?? short(was)} to ${name} (${short(local.oid)})`],
    touches: { refs: [], head: true, index: true, worktree: 'tracked' },
    async run(writer) {
      await switchFiles(writer, name);
      return { branch: name, oid: local.oid, from: was, created: false, upstream: null };
    },
    record: (out) => ({ branch: out.branch, from: out.from }),
  };
}

/** Before the first commit there is only the name HEAD will give it. */
function renamed(name: string, was: RefName): Effect<SwitchResult> {
  const ref = `${HEADS}${checkShortName('branch', name)}`;
  const from = shortBranch(was);
  return {
    summary: `switch to ${name}`,
    target: { branch: name, oid: null, from, create: true },
    plan: [`let HEAD name ${name}, which begins with the first commit`],
    touches: { refs: [], head: true },
    async run(writer) {
      await writer.git.run(['symbolic-ref', 'HEAD', ref], { signal: writer.signal });
      return { branch: name, oid: null, from, created: true, upstream: null };
    },
    record: (out) => ({ branch: out.branch, from: out.from }),
  };
}

async function created(
  reader: Reader,
  options: { readonly name: string; readonly from: string | undefined; readonly was: string },
): Promise<Effect<SwitchResult>> {
  const { name, from, was } = options;
  const effect = await newBranch(reader, { name, from, switch: true, track: undefined });
  return {
    ...effect,
    target: { ...effect.target, create: true },
    async run(writer) {
      const { branch, oid, upstream } = await effect.run(writer);
      return { branch, oid, from: was, created: true, upstream };
    },
    record: (out) => ({ branch: out.branch, from: out.from }),
    failure: () => undefined,
    failed: () => undefined,
  };
}

async function previousBranch(reader: Reader): Promise<string> {
  const result = await reader.git.read(['rev-parse', '--symbolic-full-name', '@{-1}'], { accept: [0, 128] });
  const ref = result.stdout.trim();
  if (result.exitCode !== 0 || !ref.startsWith(HEADS)) {
    throw new BitError('not-found', 'there is no branch to go back to', {
      hint: 'name one; see: bit branch',
    });
  }
  return shortBranch(ref);
}

/** `origin/topic` for `topic`, where just one remote has it. */
function onlyRemote(name: string, refs: readonly RefName[]): string | undefined {
  const found = refs.filter(
    (ref) =>
      ref.startsWith('refs/remotes/') && ref.split('/').slice(3).join('/') === name && !ref.endsWith('/HEAD'),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.slice('refs/remotes/'.length);
  if (only === undefined) return undefined;
  const names = found.map((ref) => ref.slice('refs/remotes/'.length));
  throw new BitError('usage', `more than one remote has ${printable(name)}: ${names.join(', ')}`, {
    hint: `name one: bit branch new ${printable(name)} --from ${names[0] ?? ''} --switch`,
  });
}

async function noBranch(
  reader: Reader,
  name: string,
  refs: readonly { readonly name: RefName }[],
): Promise<BitError> {
  const shown = printable(shorten(name));
  if ((await reader.git.resolve(name, 'commit')) !== undefined) {
    return new BitError('not-found', `'${shown}' is a commit and no branch`, {
      hint: `look at it without a branch: bit git switch --detach ${shown}`,
      details: { revision: name },
    });
  }
  const known = refs.map((ref) =>
    ref.name.startsWith(HEADS) ? shortBranch(ref.name) : ref.name.split('/').slice(3).join('/'),
  );
  const near = didYouMean(name, new Set(known));
  return new BitError('not-found', `there is no branch '${shown}'`, {
    hint: near.hint ?? `make it with: bit branch switch --create ${shown}`,
    details: { branch: name },
  });
}
