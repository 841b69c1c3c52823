import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRemote, type GitReader, type GitWriter, type RunOptions } from '../git/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import { openCheckpoint } from '../tlog/index.ts';
import { contradiction } from './contradiction.ts';
import type { Options } from './options.ts';
import type { Anchorable, AnchorDriver, Anchored, AnchoredTree, Asking, Receipt, Standing } from './port.ts';

/** Where a remote keeps the checkpoints of a chain: commits whose tree is the file `checkpoint`, each after the last. */
export const ANCHOR_REFS = 'refs/bithub/anchor/';

const NOTE_LIMIT = 1_000_000;
const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** `{driver: git, remote: origin}`: a ref of a remote that only ever grows. */
export function gitAnchor(options: Options): AnchorDriver {
  const remote = checkRemote(options.text('remote'));
  const seconds = options.timeout();
  const place = maskSecrets(remote);
  const tips = new Map<string, Promise<Tip | undefined>>();
  const at = { remote, place, seconds };
  const ask = async (asking: Asking, judge: (tip: Tip | undefined) => Standing): Promise<Standing> => {
    const { chain } = asking.tree;
    const known = tips.get(chain) ?? withTip(asking, at, `${ANCHOR_REFS}${chain}`);
    tips.set(chain, known);
    try {
      return judge(await known);
    } catch (error) {
      return failure(error);
    }
  };
  return {
    place,
    step: `push a commit that holds the checkpoint to ${ANCHOR_REFS}<chain> of ${place}, after the one there`,
    submit: (checkpoint, writer) => submit(checkpoint, writer, { ...at, name: options.name }),
    async check(receipt, asking) {
      const { commit, fault } = readProof(receipt);
      if (fault !== undefined) return { verdict: 'broken', detail: fault };
      if (asking.offline) return { verdict: 'unchecked', detail: `${place} was not asked` };
      return ask(asking, (tip) => standing(tip, commit, asking.tree, place));
    },
    async latest(asking) {
      let there = false;
      const found = await ask(asking, (tip) => {
        there = tip !== undefined;
        return { verdict: 'holds', detail: `the chain goes on from ${tip?.oid.slice(0, 12)} of ${place}` };
      });
      return there || found.verdict !== 'holds' ? found : undefined;
    },
  };
}

/** How a question to the remote ended, where it did not end well. */
function failure(error: unknown): Standing {
  if (!isBitError(error) || error.code === 'cancelled') throw error;
  const detail = error.message;
  if (error.code !== 'integrity') return { verdict: 'unreachable', detail };
  const theirs = error.details['anchored'];
  return typeof theirs === 'string'
    ? { verdict: 'contradicted', detail, theirs }
    : { verdict: 'broken', detail };
}

interface Place {
  readonly remote: string;
  readonly place: string;
  readonly seconds: number;
}

async function submit(
  checkpoint: Anchorable,
  writer: Writer,
  { remote, place, seconds, name }: Place & { readonly name: string },
): Promise<Anchored> {
  const { git } = writer;
  const ref = `${ANCHOR_REFS}${checkpoint.chain}`;
  const local = `refs/bithub/anchored/${name}/${checkpoint.chain}`;
  const limited: RunOptions = { signal: within(writer.signal, seconds) };
  const old = await told(place, seconds, writer.signal, () => tipOf(git, remote, ref, limited));
  if (old !== undefined) {
    await told(place, seconds, writer.signal, () =>
      git.run(['fetch', ...QUIETLY, '--', remote, `+${ref}:${local}`], limited),
    );
    await readTip(git, old, checkpoint, place);
  }
  const blob = await write(git, ['hash-object', '-w', '--stdin'], checkpoint.note);
  const tree = await write(git, ['mktree'], `100644 blob ${blob}\tcheckpoint\n`);
  const date = `${Math.floor(writer.now().getTime() / 1000)} +0000`;
  const env = Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'bit'],
      [`GIT_${who}_EMAIL`, 'ledger@localhost'],
      [`GIT_${who}_DATE`, date],
    ]),
  );
  const parents = old === undefined ? [] : ['-p', old];
  const message = `${checkpoint.origin} ${checkpoint.size}\n`;
  const commit = await write(git, ['commit-tree', ...parents, tree], message, env);
  const lease = `--force-with-lease=${ref}:${old ?? ''}`;
  await told(place, seconds, writer.signal, () =>
    git.run(['push', '--no-verify', '--quiet', lease, '--', remote, `${commit}:${ref}`], limited),
  );
  await git.updateRefs([{ name: local, to: commit }], `bit ${writer.operation}`);
  const object = (await git.read(['cat-file', 'commit', commit])).stdout;
  return { proof: { ref, commit, object }, said: `${ref} is ${commit.slice(0, 12)}` };
}

type Writer = Parameters<AnchorDriver['submit']>[1];

const QUIETLY = [
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
  '--refmap=',
  '--no-auto-maintenance',
  '--no-recurse-submodules',
];

async function write(
  git: GitWriter,
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const oid = (await git.run(args, { input, env })).stdout.trim();
  if (OID.test(oid)) return oid;
  throw new BitError('failed', `git ${args[0]} did not say what it wrote`);
}

async function tipOf(
  git: GitReader,
  remote: string,
  ref: string,
  options: RunOptions,
): Promise<string | undefined> {
  const { stdout } = await git.read(['ls-remote', '--', remote, ref], options);
  const line = stdout.split('\n').find((text) => text.endsWith(`\t${ref}`));
  const oid = line?.split('\t')[0] ?? '';
  if (line === undefined) return undefined;
  if (OID.test(oid)) return oid;
  throw new BitError('remote', `the remote does not say what ${ref} is: ${printable(shorten(line))}`);
}

/** What a commit of the ref holds must be signed for this chain, and the chain go on from it. */
async function readTip(
  git: GitReader,
  tip: string,
  tree: AnchoredTree,
  place: string,
  options: RunOptions = {},
): Promise<string> {
  const at = `${tip}:checkpoint`;
  const size = Number((await git.read(['cat-file', '-s', at], { ...options, accept: [0, 128] })).stdout);
  if (!(size > 0 && size <= NOTE_LIMIT)) throw foreign(place, tree);
  const note = (await git.read(['cat-file', 'blob', at], options)).stdout;
  const head = (() => {
    try {
      return openCheckpoint(note, { keys: tree.keys, origin: tree.origin });
    } catch (error) {
      if (isBitError(error, 'integrity')) throw foreign(place, tree, error);
      throw error;
    }
  })();
  const follows = head.size <= tree.size && Buffer.compare(tree.rootAt(head.size), head.root) === 0;
  if (!follows) throw contradiction(place, note, tree);
  return note;
}

function foreign(place: string, { chain }: AnchoredTree, cause?: unknown): BitError {
  return new BitError(
    'integrity',
    `${place} holds under ${ANCHOR_REFS}${chain} what no signer of that chain signed`,
    {
      hint: 'somebody else wrote there: look at that ref, and take it away where it does not belong there',
      ...(cause === undefined ? {} : { cause }),
      details: { chain, place },
    },
  );
}

interface Tip {
  readonly oid: string;
  /** Commits of the ref, the newest first. */
  readonly commits: ReadonlySet<string>;
}

/** The remote's commits, fetched into a folder of their own: a query leaves nothing in the repository. */
async function withTip(
  asking: Asking,
  { remote, place, seconds }: Place,
  ref: string,
): Promise<Tip | undefined> {
  const { git, signal } = asking.reader;
  const limit = within(signal, seconds);
  const oid = await told(place, seconds, signal, () => tipOf(git, remote, ref, { signal: limit }));
  if (oid === undefined) return undefined;
  const aside = mkdtempSync(join(tmpdir(), 'bit-anchor-'));
  try {
    const env = {
      GIT_OBJECT_DIRECTORY: aside,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: join(git.paths.commonDir, 'objects'),
    };
    await told(place, seconds, signal, () =>
      git.read(['fetch', ...QUIETLY, '--', remote, ref], { env, signal: limit }),
    );
    await readTip(git, oid, asking.tree, place, { env });
    const listed = await git.read(['rev-list', '--max-count=100000', oid, '--'], { env });
    return { oid, commits: new Set(listed.stdout.trim().split('\n')) };
  } finally {
    rmSync(aside, { recursive: true, force: true, maxRetries: 3 });
  }
}

function standing(tip: Tip | undefined, commit: string, { chain }: AnchoredTree, place: string): Standing {
  if (tip === undefined)
    return { verdict: 'gone', detail: `${place} has no ${ANCHOR_REFS}${chain} any more` };
  const short = commit.slice(0, 12);
  if (tip.commits.has(commit))
    return { verdict: 'holds', detail: `${place} has ${short}, and what came after it` };
  return {
    verdict: 'gone',
    detail: `${place} no longer has ${short} in the history of ${ANCHOR_REFS}${chain}`,
  };
}

/** The commit must be that of the very note: its id is computed from the note up, without asking git. */
function readProof({ proof, note }: Receipt): { commit: string; fault: string | undefined } {
  const { commit, object } = proof;
  if (typeof commit !== 'string' || !OID.test(commit) || typeof object !== 'string' || object.length > 8192)
    return { commit: '', fault: 'the receipt names no commit' };
  const digest = (kind: string, bytes: Buffer): Buffer =>
    createHash(commit.length === 64 ? 'sha256' : 'sha1')
      .update(`${kind} ${bytes.length}\0`)
      .update(bytes)
      .digest();
  const blob = digest('blob', Buffer.from(note));
  const tree = digest('tree', Buffer.concat([Buffer.from('100644 checkpoint\0'), blob])).toString('hex');
  const holds =
    object.startsWith(`tree ${tree}\n`) && digest('commit', Buffer.from(object)).toString('hex') === commit;
  return { commit, fault: holds ? undefined : 'the commit it names is not that of its checkpoint' };
}

function within(signal: AbortSignal, seconds: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
}

/** What goes wrong while a remote is asked is its failure: time that is up isn't the person's doing. */
async function told<T>(
  place: string,
  seconds: number,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // an answer that git can't make sense of is the remote's failure too
    if (isBitError(error, 'failed')) throw new BitError('remote', error.message, { cause: error });
    if (signal.aborted || !isBitError(error, 'cancelled')) throw error;
    throw new BitError('remote', `${place} did not answer within ${seconds} s`, { cause: error });
  }
}
