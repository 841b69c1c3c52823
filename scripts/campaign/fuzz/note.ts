/**
 * Signed notes, checkpoints, verifier keys, proof files and entry bundles. Wrong is anything thrown but a `BitError`,
 * a form that would be written otherwise than it was read, a signature taken that its key would not have made so, and a
 * proof taken of what is not in the log.
 */
import { isBitError } from '../../../src/kernel/errors.ts';
import {
  cosign,
  formatBundle,
  formatCheckpointText,
  formatProofFile,
  formatSignature,
  formatVkey,
  leafHash,
  type Note,
  type NoteSigner,
  nodeHash,
  openNote,
  openProof,
  parseBundle,
  parseCheckpointText,
  parseNote,
  parseProofFile,
  parseVkey,
  proveInclusion,
  type Subtree,
  signNote,
  treeRoot,
  verifierKey,
} from '../../../src/tlog/index.ts';
import type { Random } from '../random.ts';
import { KEYS } from './keys.ts';
import { mutateText, several } from './mutate.ts';
import { LONGEST, type Tally, type Target } from './target.ts';

const ORIGIN = 'log.example/7';
const [logKey, witnessKey, otherKey] = KEYS;
const raw = (publicKey: string): Buffer => Buffer.from(publicKey.slice('ed25519:'.length), 'hex');
const LOG: NoteSigner = { key: verifierKey(ORIGIN, raw(logKey.publicKey)), sign: logKey.sign };
const WITNESS: NoteSigner = {
  key: verifierKey('witness.example', raw(witnessKey.publicKey), 'cosignature'),
  sign: witnessKey.sign,
};
const OTHER: NoteSigner = { key: verifierKey('other', raw(otherKey.publicKey)), sign: otherKey.sign };
const SIGNERS = [LOG, WITNESS, OTHER];
const VERIFIERS = SIGNERS.map(({ key }) => key);

const NOTHING = Buffer.alloc(0);
const LEAVES = Array.from({ length: 13 }, (_, i) => Buffer.from(`leaf ${i}`));

function node({ level, index }: Subtree): Uint8Array {
  if (level === 0) return leafHash(LEAVES[index] ?? Buffer.alloc(0));
  return nodeHash(
    node({ level: level - 1, index: index * 2 }),
    node({ level: level - 1, index: index * 2 + 1 }),
  );
}

const HEAD = { origin: ORIGIN, size: LEAVES.length, root: treeRoot(LEAVES.length, node) };
const CHECKPOINT = signed(formatCheckpointText(HEAD));

function signed(text: string): string {
  return signNote(text, [LOG, OTHER]) + cosign(text, WITNESS, 1_780_000_000n);
}

function proofOf(index: number): string {
  const extra = index % 2 === 0 ? Buffer.from('{"a":1}') : undefined;
  return formatProofFile({
    extra,
    index,
    proof: proveInclusion(index, LEAVES.length, node),
    checkpoint: CHECKPOINT,
  });
}

function mutate(pool: readonly string[], dice: Random): string {
  const text = pool[dice.below(pool.length)] ?? CHECKPOINT;
  const changed = several(text, 4, dice, (one) => once(one, pool, dice));
  if (dice.below(3) > 0) return changed;
  // signed anew, so that what reads the text behind the signature is reached
  const end = changed.lastIndexOf('\n\n');
  const body = end < 0 ? changed : changed.slice(0, end + 1);
  try {
    return signed(body);
  } catch {
    return changed;
  }
}

function once(text: string, pool: readonly string[], dice: Random): string {
  if (dice.below(2) === 0) return mutateText(text, pool, dice);
  const words = text.split(/(\s+)/);
  const at = dice.below(words.length);
  const word = words[at] ?? '';
  const bytes = Buffer.from(word, 'base64');
  switch (dice.below(6)) {
    case 0:
      if (bytes.length > 0) {
        const bit = dice.below(bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      }
      words[at] = bytes.toString('base64');
      break;
    case 1:
      words[at] = bytes.subarray(0, dice.below(bytes.length + 1)).toString('base64');
      break;
    case 2:
      words[at] = word.replace(/=+$/, '');
      break;
    case 3:
      words[at] = String(dice.below(2 ** 31));
      break;
    case 4:
      words[at] = `${word}+${VERIFIERS[dice.below(3)]?.id.toString(16)}`;
      break;
    default:
      words.splice(at, 0, words[dice.below(words.length)] ?? '');
  }
  return words.join('');
}

/** What parses; undefined where it is refused as it should be. */
function read<Out>(parse: () => Out): Out | undefined {
  try {
    return parse();
  } catch (error) {
    if (isBitError(error)) return undefined;
    throw error;
  }
}

function examine(input: string, tally: Tally): string | undefined {
  return (
    noteFault(input, tally) ??
    proofFault(input, tally) ??
    vkeyFault(input, tally) ??
    bundleFault(Buffer.from(input, 'latin1'), tally)
  );
}

function noteFault(input: string, tally: Tally): string | undefined {
  const note = read(() => parseNote(input));
  const bytes = read(() => parseNote(Buffer.from(input)));
  if (input.isWellFormed() && (note === undefined) !== (bytes === undefined)) {
    // bytes are counted as such, and a text by its characters
    if (Buffer.byteLength(input) <= 1_000_000)
      return 'taken as text and not as bytes, or the other way round';
  }
  if (note === undefined) return undefined;
  tally('notes');
  if (`${note.text}\n${note.signatures.map(formatSignature).join('')}` !== input)
    return 'a note that would be written otherwise';
  const head = parseCheckpointText(note.text);
  if (head !== undefined) {
    tally('checkpoints');
    if (formatCheckpointText(head) !== note.text) return 'a checkpoint that would be written otherwise';
  }
  const opened = read(() => openNote(note, VERIFIERS));
  if (opened === undefined) return undefined;
  tally('signed');
  return opened.length > 0
    ? forgery(
        note,
        opened.map(({ name }) => name),
      )
    : 'opened by nobody';
}

/** Whoever the note opens for must have signed exactly that. */
function forgery(note: Note, names: readonly string[]): string | undefined {
  for (const { key, sign } of SIGNERS) {
    if (!names.includes(key.name)) continue;
    const line = note.signatures.find(({ name, id }) => name === key.name && id === key.id);
    if (line === undefined) return `${key.name} has no signature there`;
    const { signature } = line;
    const again =
      key.type === 'cosignature'
        ? cosign(note.text, { key, sign }, Buffer.from(signature).readBigUInt64BE(0))
        : formatSignature({ name: key.name, id: key.id, signature: sign(Buffer.from(note.text)) });
    if (again !== formatSignature(line)) return `a signature that ${key.name} would not have made so`;
  }
  return undefined;
}

function proofFault(input: string, tally: Tally): string | undefined {
  const file = read(() => parseProofFile(input));
  if (file === undefined) return undefined;
  tally('proof files');
  const again = formatProofFile(file);
  if (again !== input && again !== `${input}\n\n`) return 'a proof file that would be written otherwise';
  for (const [seq, leaf] of LEAVES.entries()) {
    if (read(() => openProof(file, leafHash(leaf), { keys: VERIFIERS })) === undefined) continue;
    tally('proofs that hold');
    const head = parseCheckpointText(parseNote(file.checkpoint).text);
    const own = head?.size === HEAD.size && Buffer.from(HEAD.root).equals(head.root);
    // a log that signs another tree may well hold the leaf elsewhere
    if (own && seq !== file.index) return `entry ${file.index} is proved by the leaf of ${seq}`;
    const path = proveInclusion(seq, HEAD.size, node);
    const same =
      path.length === file.proof.length &&
      path.every((hash, i) => Buffer.from(hash).equals(file.proof[i] ?? NOTHING));
    if (own && !same) return `entry ${seq} is proved by other hashes than the tree's`;
  }
  return undefined;
}

function vkeyFault(input: string, tally: Tally): string | undefined {
  const key = read(() => parseVkey(input));
  if (key === undefined) return undefined;
  tally('keys');
  return formatVkey(key) === input ? undefined : 'a key that would be written otherwise';
}

function bundleFault(bytes: Buffer, tally: Tally): string | undefined {
  const entries = parseBundle(bytes);
  if (entries === undefined) return undefined;
  tally('bundles');
  return formatBundle(entries).equals(bytes) ? undefined : 'a bundle that would be written otherwise';
}

export const note: Target = {
  name: 'note',
  corpus: 'test/tlog/corpus',
  ending: 'note',
  encoding: 'utf8',
  most: 1000,
  seeds: () => [
    CHECKPOINT,
    ...[0, 5, 12].map(proofOf),
    ...VERIFIERS.map(formatVkey),
    formatBundle(LEAVES).toString('latin1'),
  ],
  mutate: (pool, dice) => mutate(pool, dice).slice(0, LONGEST),
  examine,
};
