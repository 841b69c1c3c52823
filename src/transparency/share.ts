import { checkRemote, type GitWriter } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { canonicalJson, type JsonObject } from '../kernel/json.ts';
import { isKeyEvent, type LedgerReader } from '../ledger/index.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { parseTilePath, TILE_WIDTH } from '../tlog/index.ts';
import { receiptFiles } from './anchor-travel.ts';
import { type SignedCheckpoint, signCheckpoint } from './checkpoint.ts';
import { chainFiles } from './files.ts';
import { recall } from './memory.ts';
import { LEDGER_REFS, largePath, payloadPath } from './shared.ts';

export interface ShareResult extends Pick<SignedCheckpoint, 'chain' | 'size' | 'root'> {
  readonly remote: string;
  readonly ref: string;
  /** Commit whose tree is the log. */
  readonly commit: string;
}

/**
 * Sends the chain of this clone to a remote as `refs/bithub/ledger/<chain>`: a commit without parents, so that nothing
 * that was redacted lives on in its history, whose tree is the tlog-tiles log, and payloads beside it where the
 * repository shares them.
 *
 * @throws BitError `unsupported` where the repository doesn't share its ledger
 */
export async function shareLedger(reader: Reader, remote: string): Promise<Effect<ShareResult>> {
  checkRemote(remote);
  const { share } = reader.settings.ledger;
  if (share === 'off') {
    throw new BitError('unsupported', 'this repository does not share its ledger', {
      hint: 'say ledger.share: headers (or all) in .bithub.yml',
    });
  }
  return {
    summary: `share the ledger with ${remote}`,
    target: { remote, share, chain: reader.ledger.chain() ?? null },
    plan: [
      'sign a checkpoint',
      `push ${LEDGER_REFS}${reader.ledger.chain() ?? '<chain>'} to ${remote}, ${share === 'all' ? 'with payloads' : 'without payloads'}`,
    ],
    touches: { refs: [] },
    irreversible: [`sent the ledger to ${remote}`],
    run: (writer) => publish(writer, remote, share === 'all'),
    record: ({ chain, size, root, ref, commit }) => ({ remote, chain, size, root, ref, commit }),
  };
}

async function publish(writer: Writer, remote: string, payloads: boolean): Promise<ShareResult> {
  const { git, ledger, signal } = writer;
  const before = ledger.chain();
  const seen = before === undefined ? undefined : recall(writer.userDirectory, before);
  const signed = await signCheckpoint(writer);
  const { chain, size, root, note } = signed;
  const ref = `${LEDGER_REFS}${chain}`;
  const old = await git.resolve(ref, 'commit');
  // Only full tiles of an earlier tree are reused, and only what the checkpoint seen then covers.
  const from = old === undefined || seen === undefined ? 0 : Math.min(seen.size, await sharedSize(git, old));
  const receipts = receiptFiles(writer, chain, size);
  const commit = await writeCommit(git, { ledger, chain, size, note, payloads, from, old, ref, receipts });
  const answer = await git.read(['ls-remote', '--', remote, ref], { signal });
  const there = answer.stdout.split('\t')[0] ?? '';
  const lease = `--force-with-lease=${ref}:${there}`;
  await git.run(['push', '--no-verify', '--quiet', lease, '--', remote, `+${commit}:${ref}`], { signal });
  return { chain, size, root, remote, ref, commit };
}

/** Entries the log in a commit has. */
async function sharedSize(git: GitWriter, commit: string): Promise<number> {
  const bytes = await git.blob(commit, 'checkpoint');
  const size = Number(
    Buffer.from(bytes ?? [])
      .toString('utf8')
      .split('\n')[1],
  );
  return Number.isSafeInteger(size) ? size : 0;
}

interface Tree {
  readonly ledger: LedgerReader;
  readonly chain: string;
  readonly size: number;
  readonly note: string;
  readonly payloads: boolean;
  readonly from: number;
  readonly old: string | undefined;
  readonly ref: string;
  readonly receipts: Iterable<{ readonly path: string; readonly bytes: Buffer }>;
}

/** Writes the log as a commit through `git fast-import`, starting from the full tiles of the old one. */
async function writeCommit(git: GitWriter, tree: Tree): Promise<string> {
  const { ledger, chain, size, note, payloads, from, old, ref, receipts } = tree;
  const parts: Buffer[] = [Buffer.from('feature done\n')];
  const person = `bit <ledger@localhost> ${Math.floor(Date.parse(ledger.head()?.ts ?? '1970-01-01') / 1000)} +0000`;
  const message = `${note.split('\n', 2).join(' ')}\n`;
  parts.push(Buffer.from(`commit ${ref}\ncommitter ${person}\n`), data(Buffer.from(message)));
  if (old !== undefined && from > 0) {
    const listed = await git.read(['ls-tree', '-r', '--full-tree', '-z', old]);
    for (const line of listed.stdout.split('\0')) {
      const [, oid, path] = /^100644 blob ([0-9a-f]+)\t(.+)$/.exec(line) ?? [];
      // Payloads are written anew: one of them may have been redacted.
      if (oid === undefined || path === undefined || parseTilePath(path)?.width !== TILE_WIDTH) continue;
      parts.push(Buffer.from(`M 100644 ${oid} ${path}\n`));
    }
  }
  const add = (path: string, bytes: Buffer): void => {
    parts.push(Buffer.from(`M 100644 inline ${path}\n`), data(bytes));
  };
  for (const { path, bytes } of chainFiles(ledger, chain, size, from)) add(path, bytes);
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const { bodies, large } = besides(ledger, chain, index, size, payloads);
    if (bodies.length > 0) add(payloadPath(index), Buffer.from(bodies.map((body) => `${body}\n`).join('')));
    for (const { seq, text } of large) add(largePath(seq), Buffer.from(text));
  }
  for (const { path, bytes } of receipts) add(path, bytes);
  add('checkpoint', Buffer.from(note));
  parts.push(Buffer.from('\ndone\n'));
  await git.run(['fast-import', '--quiet', '--force', '--done'], { input: Buffer.concat(parts) });
  const made = await git.resolve(ref, 'commit');
  if (made === undefined) throw new BitError('failed', `git fast-import did not write ${ref}`);
  return made;
}

function data(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n')]);
}

/** What travels beside the leaves of a tile: payloads, and entries the tree holds by their digest. */
function besides(ledger: LedgerReader, chain: string, index: number, size: number, payloads: boolean) {
  const bodies: string[] = [];
  const large: { seq: number; text: string }[] = [];
  for (let seq = index * TILE_WIDTH; seq < Math.min(size, (index + 1) * TILE_WIDTH); seq++) {
    const entry = ledger.at(chain, seq);
    if (entry === undefined) continue;
    const { payload: _payload, entry_sha256: _digest, signature, ...fields } = entry;
    // Denials and notes share headers only; what is said about keys everybody must know.
    const shared = isKeyEvent(entry) || (payloads && entry.phase !== 'denied' && entry.phase !== 'note');
    const sealed = shared ? ledger.sealed(chain, seq) : undefined;
    if (sealed !== undefined) {
      const nonce = sealed.nonce.toString('base64');
      bodies.push(canonicalJson({ seq, nonce, payload: sealed.payload }));
    }
    if ((fields.as ?? '').length > 20_000) {
      large.push({ seq, text: canonicalJson({ entry: fields as unknown as JsonObject, signature }) });
    }
  }
  return { bodies, large };
}
