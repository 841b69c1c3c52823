import { createHash } from 'node:crypto';
import { createReadStream, existsSync, lstatSync, readlinkSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { checkRevision } from '../git/index.ts';
import { ledgerTrust } from '../guard/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import { believes, type Entry, entryHolds } from '../ledger/index.ts';
import { movesOf, type Reader } from '../operation/index.ts';
import { inclusionFault, leafHash } from '../tlog/index.ts';
import { checkAnchors } from './anchor-check.ts';
import { recall } from './memory.ts';

export type AssetKind = 'commit' | 'file' | 'entry';

/** One thing that was looked at. */
export interface AssetCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface AssetVerification {
  readonly mode: 'integrity' | 'blockchain';
  readonly asset: string;
  readonly kind: AssetKind;
  readonly ok: boolean;
  readonly checks: readonly AssetCheck[];
}

interface Asset {
  readonly kind: AssetKind;
  readonly name: string;
  /** Commit: its id. File: the path. Entry: its digest. */
  readonly id: string;
}

/**
 * `integrity`: the bytes against their digest. `blockchain`: the entry that recorded the asset, its inclusion in the
 * chain a signed checkpoint covers, and the checkpoint. Offline.
 *
 * @throws BitError `not-found` for what is no commit, file or entry
 */
export async function verifyAsset(
  reader: Reader,
  mode: 'integrity' | 'blockchain',
  word: string,
): Promise<AssetVerification> {
  const asset = await findAsset(reader, word);
  const checks = mode === 'integrity' ? await integrity(reader, asset) : await blockchain(reader, asset);
  return { mode, asset: asset.name, kind: asset.kind, ok: checks.every((check) => check.ok), checks };
}

async function findAsset(reader: Reader, word: string): Promise<Asset> {
  const path = pathInside(reader, word);
  if (path !== undefined && existsSync(resolve(reader.cwd, word)))
    return { kind: 'file', name: path, id: path };
  const entry = /^[0-9a-f]{8,64}$/.test(word) ? entryCalled(reader, word) : undefined;
  const oid = reader.repository === undefined ? undefined : await commitCalled(reader, word);
  if (oid !== undefined) return { kind: 'commit', name: word, id: oid };
  if (entry !== undefined) return { kind: 'entry', name: word, id: entry.entry_sha256 };
  const names =
    reader.repository === undefined
      ? []
      : (await reader.git.refs()).map((ref) => ref.name.replace(/^refs\/(?:heads|tags)\//, ''));
  const near = nearest(word, names);
  throw new BitError('not-found', `no commit, file or ledger entry is called '${printable(shorten(word))}'`, {
    ...(near.length === 0 ? {} : { hint: `did you mean: ${near.join(', ')}` }),
  });
}

function pathInside({ cwd, repository }: Reader, word: string): string | undefined {
  if (repository?.root === undefined) return undefined;
  const path = relative(repository.root, resolve(cwd, word));
  return path === '' || path.startsWith('..') ? undefined : path.split(sep).join('/');
}

function entryCalled(reader: Reader, word: string): Entry | undefined {
  try {
    return reader.ledger.entry(word);
  } catch (error) {
    if (isBitError(error, 'usage')) return undefined;
    throw error;
  }
}

async function commitCalled(reader: Reader, word: string): Promise<string | undefined> {
  try {
    return await reader.git.resolve(checkRevision(word), 'commit');
  } catch (error) {
    if (isBitError(error, 'usage')) return undefined;
    throw error;
  }
}

async function integrity(reader: Reader, { kind, id }: Asset): Promise<AssetCheck[]> {
  if (kind === 'entry') return entryChecks(reader, requireEntryHere(reader, id));
  if (kind === 'file') return fileChecks(reader, id);
  const { git } = reader;
  const body = await git.read(['cat-file', 'commit', id], { encoding: 'latin1' });
  const found = objectId('commit', Buffer.from(body.stdout, 'latin1'), id.length);
  const connected = await git.read(['rev-list', '--objects', '--quiet', '--max-count=1', id], {
    accept: [0, 1, 128],
  });
  return [
    check('object', found === id, `commit ${id}`, `its bytes have the id ${found}`),
    check(
      'contents',
      connected.exitCode === 0,
      'its tree and files are all there',
      'objects it needs are missing',
    ),
  ];
}

/** Id git gives an object: of its kind, length and bytes. */
function objectId(kind: string, bytes: Buffer, digits: number): string {
  return createHash(digits === 64 ? 'sha256' : 'sha1')
    .update(`${kind} ${bytes.length}\0`)
    .update(bytes)
    .digest('hex');
}

/** A file of the work tree against the index, as git would store it. */
async function fileChecks(reader: Reader, path: string): Promise<AssetCheck[]> {
  const { git } = reader;
  const listed = await git.read(['ls-files', '--stage', '-z', '--', `:(literal)${path}`]);
  const [, mode = '', wanted = ''] = /^(\d{6}) ([0-9a-f]+) 0\t/.exec(listed.stdout) ?? [];
  if (wanted === '') return [check('digest', false, '', `git has no digest of ${path}: it is not tracked`)];
  const file = resolve(reader.repository?.root ?? '', path);
  const link = mode === '120000' && lstatSync(file).isSymbolicLink();
  const found = link
    ? objectId('blob', Buffer.from(readlinkSync(file)), wanted.length)
    : (await git.read(['hash-object', `--path=${path}`, '--', file])).stdout.trim();
  const blob = await git.read(['cat-file', '-e', wanted], { accept: [0, 1, 128] });
  return [
    check(
      'digest',
      found === wanted,
      `${wanted} as staged`,
      `its bytes have the id ${found}, ${wanted} is staged`,
    ),
    check('object', blob.exitCode === 0, 'git holds it', 'git does not hold what is staged'),
    ...(await pointerChecks(file)),
  ];
}

/** A file kept elsewhere: the digest its pointer names. */
async function pointerChecks(file: string): Promise<AssetCheck[]> {
  if (!lstatSync(file).isFile()) return [];
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
  return [check('sha256', true, digest.digest('hex'), '')];
}

async function blockchain(reader: Reader, asset: Asset): Promise<AssetCheck[]> {
  const entry = await recordedBy(reader, asset);
  if (typeof entry === 'string') return [check('entry', false, '', entry)];
  return [
    ...(await entryChecks(reader, entry)),
    ...(await proofChecks(reader, entry)),
    ...(await anchorChecks(reader, entry)),
  ];
}

/** The entry that says how the asset came to be, or why there is none. */
async function recordedBy(reader: Reader, { kind, id }: Asset): Promise<Entry | string> {
  if (kind === 'entry') return requireEntryHere(reader, id);
  const commit = kind === 'commit' ? id : await lastCommitOf(reader, id);
  if (commit === undefined) return `no commit holds ${id}`;
  for (const entry of reader.ledger.entries({ newestFirst: true })) {
    if (entry.phase !== 'outcome' && entry.phase !== 'note') continue;
    if (movesOf(entry.payload?.['moved']).some(({ to }) => to === commit)) return entry;
  }
  return `the ledger has no entry that brought ${commit.slice(0, 12)}: it came with plain git before a tip, or from elsewhere`;
}

async function lastCommitOf({ git }: Reader, path: string): Promise<string | undefined> {
  const [commit] = await git.log({ paths: [path], limit: 1 });
  return commit?.oid;
}

function requireEntryHere(reader: Reader, digest: string): Entry {
  const entry = reader.ledger.entry(digest);
  if (entry === undefined) throw new BitError('not-found', `the ledger has no entry ${digest}`);
  return entry;
}

async function entryChecks(reader: Reader, entry: Entry): Promise<AssetCheck[]> {
  const { entry_sha256: digest, event, phase, actor, seq, chain } = entry;
  const trusted = believes(await ledgerTrust(reader))(entry);
  return [
    check(
      'entry',
      entryHolds(entry),
      `${digest.slice(0, 12)} ${event} ${phase}, number ${seq} of ${chain}`,
      'digest or signature does not hold',
    ),
    check('signer', trusted, actor, `${actor} is not believed here`),
  ];
}

async function proofChecks(reader: Reader, { chain, seq }: Entry): Promise<AssetCheck[]> {
  const seen = recall(reader.userDirectory, chain);
  if (seen === undefined || seen.size <= seq) {
    const reason =
      seen === undefined
        ? 'no checkpoint was signed or seen yet'
        : `the last one covers ${seen.size} entries`;
    return [check('checkpoint', false, '', `${reason}; sign one with: bit ledger checkpoint`)];
  }
  const tree = reader.ledger.tree(chain);
  if (tree.size < seen.size) {
    return [
      check(
        'consistency',
        false,
        '',
        `a checkpoint of ${seen.size} entries was seen, and ${tree.size} are left`,
      ),
    ];
  }
  const same = Buffer.compare(tree.root(seen.size), seen.root) === 0;
  const proof = tree.inclusion(seq, seen.size);
  const fault = inclusionFault({
    index: seq,
    size: seen.size,
    leaf: leafHash(tree.leaf(seq)),
    proof,
    root: seen.root,
  });
  return [
    check(
      'inclusion',
      fault === undefined,
      `${proof.length} hashes lead to the checkpoint of ${seen.size} entries`,
      fault ?? '',
    ),
    check(
      'consistency',
      same,
      'the chain goes on from the checkpoint seen',
      'the chain is not the one seen before',
    ),
  ];
}

/** What was anchored of the chain since the entry is in it, by what the receipts prove themselves; nobody is asked. */
async function anchorChecks(reader: Reader, { chain, seq }: Entry): Promise<AssetCheck[]> {
  const { checks } = await checkAnchors(reader, { names: [], driver: undefined, offline: true });
  const about = checks.filter((item) => item.chain === chain && (item.size ?? 0) > seq);
  const wrong = about.find(({ verdict }) => verdict === 'contradicted' || verdict === 'broken');
  const last = wrong ?? about.at(-1);
  if (last === undefined) return [];
  const detail = `${last.anchor} (${last.driver}), ${last.size} entries: ${last.detail}`;
  return [check('anchor', wrong === undefined, detail, detail)];
}

function check(name: string, ok: boolean, good: string, bad: string): AssetCheck {
  return { name, ok, detail: ok ? good : bad };
}
