import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import { fromBase64, fromDecimal, toBase64 } from './base64.ts';
import { inclusionFault } from './check.ts';
import { parseCheckpointText, type TreeHead } from './checkpoint.ts';
import { HASH_SIZE } from './merkle.ts';
import { openNote, parseNote } from './note.ts';
import type { VerifierKey } from './note-key.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';

/** A tree of 2^53 leaves is 53 levels high. */
const HASH_LIMIT = 63;

/** A proof file as c2sp.org/tlog-proof writes it. */
export interface ProofFile {
  /** Not authenticated by the file; ours holds the leaf's data. */
  readonly extra: Uint8Array | undefined;
  readonly index: number;
  readonly proof: readonly Uint8Array[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
}

export function formatProofFile({ extra, index, proof, checkpoint }: ProofFile): string {
  const lines = [HEADER, ...(extra === undefined ? [] : [`extra ${toBase64(extra)}`]), `index ${index}`];
  return `${[...lines, ...proof.map(toBase64)].join('\n')}\n\n${checkpoint}`;
}

/** @throws BitError `integrity` naming the line that isn't that of a proof */
export function parseProofFile(text: string): ProofFile {
  const end = text.indexOf('\n\n');
  const lines = text.slice(0, end < 0 ? text.length : end).split('\n');
  if (lines.shift() !== HEADER) throw malformed(`its first line is not ${HEADER}`);
  const extra = lines[0]?.startsWith('extra ') === true ? lines.shift()?.slice('extra '.length) : undefined;
  const data = extra === undefined ? undefined : fromBase64(extra);
  if (extra !== undefined && data === undefined) throw malformed('its extra data is not Base64');
  const given = lines.shift() ?? '';
  const index = given.startsWith('index ') ? fromDecimal(given.slice('index '.length)) : undefined;
  if (index === undefined) throw malformed(`not an index line: ${printable(given.slice(0, 80))}`);
  if (lines.length > HASH_LIMIT) throw malformed(`it has more than ${HASH_LIMIT} hashes`);
  const proof = lines.map((line) => {
    const hash = fromBase64(line);
    if (hash?.length === HASH_SIZE) return hash;
    throw malformed(`not a hash: ${printable(line.slice(0, 80))}`);
  });
  return { extra: data, index, proof, checkpoint: end < 0 ? '' : text.slice(end + 2) };
}

/** A checkpoint whose signature holds. */
export interface OpenedCheckpoint extends TreeHead {
  readonly signers: readonly VerifierKey[];
}

export interface OpenOptions {
  /** Keys of logs and witnesses. */
  readonly keys: readonly VerifierKey[];
  /** The log it must be of; default the one the signing key is named after. */
  readonly origin?: string | undefined;
}

/**
 * A tree head that the log itself has signed. Cosignatures are checked too and don't count as the log's signature.
 *
 * @throws BitError `integrity`
 */
export function openCheckpoint(note: string, { keys, origin }: OpenOptions): OpenedCheckpoint {
  const parsed = parseNote(note);
  const head = parseCheckpointText(parsed.text);
  if (head === undefined) throw malformed('the text of its note is not that of a checkpoint');
  const signers = openNote(parsed, keys);
  if (origin !== undefined && head.origin !== origin) {
    throw new BitError('integrity', `the checkpoint is of ${printable(head.origin)}, not of ${origin}`);
  }
  const own = signers.some(
    ({ type, name }) => type === 'ed25519' && (origin !== undefined || name === head.origin),
  );
  if (own) return { ...head, signers };
  throw new BitError(
    'integrity',
    `no key given is that of the log ${printable(head.origin)}; signed by ${signers.map(({ name }) => name).join(', ')}`,
    { hint: 'where a log signs under another name, say which log is meant' },
  );
}

/**
 * Verifies that the leaf is in the log, and returns the checkpoint that says so.
 *
 * @throws BitError `integrity` saying which step failed
 */
export function openProof(file: ProofFile, leaf: Uint8Array, options: OpenOptions): OpenedCheckpoint {
  const head = openCheckpoint(file.checkpoint, options);
  const { index, proof } = file;
  const fault = inclusionFault({ index, size: head.size, leaf, proof, root: head.root });
  if (fault === undefined) return head;
  throw new BitError(
    'integrity',
    `entry ${index} is not proved to be in ${printable(head.origin)}: ${fault}`,
    {
      details: { index, size: head.size, origin: head.origin },
    },
  );
}

function malformed(reason: string): BitError {
  return new BitError('integrity', `not a proof of a log: ${reason}`, { details: { reason } });
}
