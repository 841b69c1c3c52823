import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { cosignedText, hasControl, isKeyName, noteSignatureHolds, type VerifierKey } from './note-key.ts';

/** Of a whole note: room for hundreds of Ed25519 signatures, or a hundred post-quantum ones. */
const NOTE_LIMIT = 1_000_000;
const SIGNATURE_LIMIT = 256;

export interface NoteSignature {
  readonly name: string;
  readonly id: number;
  /** What follows the four bytes of the id. */
  readonly signature: Uint8Array;
}

/** A note as it was read: nothing in it is to be believed before {@link openNote} says so. */
export interface Note {
  /** With its last line feed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Signs a note under a name. */
export interface NoteSigner {
  readonly key: VerifierKey;
  /** Raw Ed25519 over the message. */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * Reads the form of a signed note (c2sp.org/signed-note).
 *
 * @throws BitError `integrity` saying what isn't that of a note
 */
export function parseNote(given: string | Uint8Array): Note {
  if (given.length > NOTE_LIMIT) throw malformed(`it is larger than ${NOTE_LIMIT} bytes`);
  const note = typeof given === 'string' ? given : decode(given);
  if (!note.isWellFormed() || hasControl(note.replaceAll('\n', ''))) {
    throw malformed('it holds control characters or is not UTF-8');
  }
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw malformed('no empty line stands before its signatures');
  const lines = note.slice(end + 2).split('\n');
  if (lines.pop() !== '') throw malformed('its last line does not end');
  if (lines.length === 0) throw malformed('it has no signature');
  if (lines.length > SIGNATURE_LIMIT) throw malformed(`it has more than ${SIGNATURE_LIMIT} signatures`);
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('it is not UTF-8');
  }
}

function parseSignature(line: string): NoteSignature {
  const [dash, name = '', encoded = '', ...more] = line.split(' ');
  const bytes = fromBase64(encoded);
  const whole = dash === '—' && isKeyName(name) && more.length === 0;
  if (!whole || bytes === undefined || bytes.length < 5) {
    throw malformed(`not a signature line: ${printable(line.slice(0, 120))}`);
  }
  return { name, id: bytes.readUInt32BE(0), signature: bytes.subarray(4) };
}

/**
 * The keys whose signatures the note bears. Signatures of keys not given are ignored, as the specification asks, and
 * a signature of a given key that doesn't hold condemns the whole note.
 *
 * @throws BitError `integrity` where no key given has signed, or one's signature doesn't hold
 */
export function openNote(note: Note, keys: readonly VerifierKey[]): VerifierKey[] {
  const signed = new Set<VerifierKey>();
  for (const { name, id, signature } of note.signatures) {
    const key = keys.find((candidate) => candidate.name === name && candidate.id === id);
    if (key === undefined || signed.has(key)) continue;
    if (!noteSignatureHolds(key, note.text, signature)) {
      throw new BitError('integrity', `the signature of ${printable(name)} does not hold`, {
        hint: 'the text was changed after it was signed, or somebody else signed it',
        details: { key: name },
      });
    }
    signed.add(key);
  }
  if (signed.size > 0) return [...signed];
  const names = [...new Set(note.signatures.map(({ name }) => name))]
    .map((name) => printable(name))
    .join(', ');
  throw new BitError('integrity', `the note is signed by none of the keys given, but by ${names}`, {
    hint: 'give the key of the log with --key',
    details: { keys: keys.map(({ name }) => name) },
  });
}

/** One signature line, with its line feed. */
export function formatSignature({ name, id, signature }: NoteSignature): string {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(id);
  return `— ${name} ${toBase64(Buffer.concat([head, signature]))}\n`;
}

/** Signs a text as a note, with every signer. The text ends in a line feed. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!text.endsWith('\n') || hasControl(text.replaceAll('\n', '')) || !text.isWellFormed()) {
    throw new TypeError('a note is text without control characters that ends in a line feed');
  }
  const lines = signers.map(({ key, sign }) =>
    formatSignature({ name: key.name, id: key.id, signature: sign(Buffer.from(text)) }),
  );
  return `${text}\n${lines.join('')}`;
}

/** A cosignature line over a checkpoint's text, as a witness gives it; `time` in seconds. */
export function cosign(text: string, { key, sign }: NoteSigner, time: bigint): string {
  const timestamp = Buffer.alloc(8);
  timestamp.writeBigUInt64BE(time);
  const signature = Buffer.concat([timestamp, sign(cosignedText(text, time))]);
  return formatSignature({ name: key.name, id: key.id, signature });
}

function malformed(reason: string): BitError {
  return new BitError('integrity', `not a signed note: ${reason}`, { details: { reason } });
}
