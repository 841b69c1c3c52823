/**
 * Everything a verifier of logs must take or refuse, as a list of questions with known answers: asked of `src/tlog` it
 * fails nowhere, and asked of a copy that lacks one check somewhere.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import { isBitError } from '../../src/kernel/errors.ts';
import type * as Tlog from '../../src/tlog/index.ts';
import { NaiveTree, naiveLeaf } from './naive.ts';

type Module = typeof Tlog;

function secretKey(byte: number) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

export function noteSigner(
  tlog: Module,
  name: string,
  byte = 1,
  type: Tlog.SignatureType = 'ed25519',
): Tlog.NoteSigner {
  const key = secretKey(byte);
  const publicKey = Buffer.from(exportPublicKey(key).slice(8), 'hex');
  return { key: tlog.verifierKey(name, publicKey, type), sign: (message) => sign(null, message, key) };
}

export const LEAVES = Array.from({ length: 600 }, (_, i) => Buffer.from(`entry ${i}`));

/** A log's files by path, and its checkpoint. */
export function logFiles(tlog: Module, size: number, origin = 'log.example/a'): Map<string, Uint8Array> {
  const tree = new NaiveTree(LEAVES.slice(0, size).map(naiveLeaf));
  const files = new Map<string, Uint8Array>();
  for (const tile of tlog.tilesOf(size)) {
    const width = 256 ** Number(tile.level);
    const hashes = Array.from({ length: tile.width }, (_, i) =>
      tree.root((tile.index * 256 + i) * width, (tile.index * 256 + i + 1) * width),
    );
    files.set(tlog.tilePath(tile), Buffer.concat(hashes));
    if (tile.level !== 0) continue;
    const entries = LEAVES.slice(tile.index * 256, tile.index * 256 + tile.width);
    files.set(tlog.tilePath({ ...tile, level: 'entries' }), tlog.formatBundle(entries));
  }
  const text = tlog.formatCheckpointText({ origin, size, root: tree.root(0, size) });
  files.set('checkpoint', Buffer.from(tlog.signNote(text, [noteSigner(tlog, origin)])));
  return files;
}

export const sourceOf = (files: ReadonlyMap<string, Uint8Array>): Tlog.LogSource => ({
  name: 'memory',
  read: async (path) => files.get(path),
});

/** Asks everything; returns what was answered wrong. */
export async function examine(tlog: Module): Promise<string[]> {
  const wrong: string[] = [];
  const ask = async (name: string, expected: string, answer: () => unknown): Promise<void> => {
    let given: string;
    try {
      given = String(await answer());
    } catch (error) {
      given = isBitError(error) ? error.code : error instanceof Error ? error.name : String(error);
    }
    if (given !== expected) wrong.push(`${name}: ${given}, not ${expected}`);
  };
  await askInclusion(tlog, ask);
  await askConsistency(tlog, ask);
  await askNotes(tlog, ask);
  await askCheckpoints(tlog, ask);
  await askFiles(tlog, ask);
  await askAudit(tlog, ask);
  return wrong;
}

type Ask = (name: string, expected: string, answer: () => unknown) => Promise<void>;

const tree = new NaiveTree(LEAVES.map(naiveLeaf));
const flipped = (hash: Uint8Array): Buffer => {
  const out = Buffer.from(hash);
  out[31] = (out[31] ?? 0) ^ 1;
  return out;
};

async function askInclusion(tlog: Module, ask: Ask): Promise<void> {
  const judge = (claim: Tlog.InclusionClaim) => () =>
    tlog.inclusionFault(claim) === undefined ? 'taken' : 'refused';
  for (const [index, size] of [
    [0, 1],
    [0, 2],
    [4, 7],
    [6, 7],
    [299, 600],
    [599, 600],
  ] as const) {
    const leaf = tree.root(index, index + 1);
    const claim = { index, size, leaf, proof: tree.path(index, 0, size), root: tree.root(0, size) };
    await ask(`inclusion ${index} ${size}`, 'taken', judge(claim));
    await ask(`inclusion ${index} ${size}, root`, 'refused', judge({ ...claim, root: flipped(claim.root) }));
    await ask(`inclusion ${index} ${size}, leaf`, 'refused', judge({ ...claim, leaf: flipped(leaf) }));
  }
  const one = { index: 0, size: 1, leaf: tree.root(0, 1), proof: [], root: tree.root(0, 1) };
  for (const index of [1, 2, -1, 0.5, Number.NaN, 2 ** 53]) {
    await ask(`inclusion of leaf ${index}`, 'refused', judge({ ...one, index }));
  }
  const pair = tree.root(0, 2);
  const two = { index: 0, size: 2, leaf: tree.root(0, 1), proof: [tree.root(1, 2)], root: pair };
  await ask('inclusion in 1.5', 'refused', judge({ ...two, size: 1.5 }));
  await ask(
    'an inner node as a leaf',
    'refused',
    judge({ ...two, size: 4, leaf: pair, proof: [tree.root(2, 4)], root: tree.root(0, 4) }),
  );
  await ask(
    'a proof too long',
    'refused',
    judge({ ...one, leaf: tree.root(1, 2), proof: [tree.root(0, 1)], root: pair }),
  );
  await ask(
    'a leaf hash of no bytes',
    'refused',
    judge({ ...one, leaf: Buffer.alloc(0), root: Buffer.alloc(0) }),
  );
  // What the hash before left behind must not complete a hash that is too short.
  await ask('inclusion, two', 'taken', judge(two));
  await ask('a short hash', 'refused', judge({ ...two, proof: [tree.root(1, 2).subarray(0, 31)] }));
}

async function askConsistency(tlog: Module, ask: Ask): Promise<void> {
  const judge = (claim: Tlog.ConsistencyClaim) => () =>
    tlog.consistencyFault(claim) === undefined ? 'taken' : 'refused';
  const claimOf = (size1: number, size2: number): Tlog.ConsistencyClaim => ({
    size1,
    size2,
    root1: tree.root(0, size1),
    root2: tree.root(0, size2),
    proof: size1 === 0 ? [] : tree.proof(size1, size2),
  });
  for (const [size1, size2] of [
    [1, 2],
    [3, 7],
    [4, 8],
    [6, 8],
    [5, 600],
    [512, 600],
    [3, 3],
    [8, 8],
  ] as const) {
    const claim = claimOf(size1, size2);
    await ask(`consistency ${size1} ${size2}`, 'taken', judge(claim));
    await ask(
      `consistency ${size1} ${size2}, first`,
      'refused',
      judge({ ...claim, root1: flipped(claim.root1) }),
    );
    await ask(
      `consistency ${size1} ${size2}, second`,
      'refused',
      judge({ ...claim, root2: flipped(claim.root2) }),
    );
    await ask(
      `consistency ${size1} ${size2}, longer`,
      'refused',
      judge({ ...claim, proof: [...claim.proof, Buffer.alloc(32)] }),
    );
  }
  const root = tree.root(0, 1);
  await ask(
    'no tree to one',
    'refused',
    judge({ size1: 0, size2: 1, root1: root, root2: root, proof: [root] }),
  );
  await ask('no tree to none', 'refused', judge({ size1: 0, size2: 0, root1: root, root2: root, proof: [] }));
  await ask(
    'a tree that shrank',
    'refused',
    judge({ size1: 2, size2: 1, root1: root, root2: root, proof: [] }),
  );
  await ask(
    'from 1.5',
    'refused',
    judge({
      ...claimOf(1, 2),
      size1: 1.5,
      root1: root,
      root2: tree.root(0, 2),
      proof: [root, tree.root(1, 2)],
    }),
  );
  await ask('to 2.5', 'refused', judge({ ...claimOf(1, 2), size2: 2.5 }));
  await ask('too short', 'refused', judge({ ...claimOf(1, 2), size2: 4 }));
  const three = claimOf(3, 4);
  const more = tree.root(4, 5);
  const joined = (right: Uint8Array): Uint8Array => tlog.nodeHash(more, right);
  await ask(
    'too long',
    'refused',
    judge({
      ...three,
      root1: joined(three.root1),
      root2: joined(three.root2),
      proof: [...three.proof, more],
    }),
  );
  const two = claimOf(1, 2);
  await ask('one to two', 'taken', judge(two));
  await ask(
    'a short hash',
    'refused',
    judge({ ...two, proof: two.proof.map((hash) => hash.subarray(0, 31)) }),
  );
  await ask('one to two again', 'taken', judge(two));
  const stale = Buffer.concat([Buffer.of(1), tree.root(0, 1), tree.root(1, 2)]);
  await ask('a short first root', 'refused', () => {
    // leaves the last byte of the first root where a shorter one would not overwrite it
    tlog.nodeHash(stale.subarray(1, 33), stale.subarray(33));
    return judge({ ...two, root1: tree.root(0, 1).subarray(0, 31) })();
  });
}

const EXAMPLE_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const EXAMPLE = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;
/** The example of golang.org/x/mod/sumdb/note. */
const GO_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const GO_EXAMPLE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

async function askNotes(tlog: Module, ask: Ask): Promise<void> {
  const open =
    (note: string | Uint8Array, ...vkeys: string[]) =>
    () =>
      tlog
        .openNote(tlog.parseNote(note), vkeys.map(tlog.parseVkey))
        .map(({ name }) => name)
        .join();
  await ask('the specification’s note', 'example.com/foo', open(EXAMPLE, EXAMPLE_KEY));
  await ask('golang’s note', 'PeterNeumann', open(GO_EXAMPLE, GO_KEY));
  await ask('as bytes', 'PeterNeumann', open(Buffer.from(GO_EXAMPLE), GO_KEY));
  await ask('another’s key', 'integrity', open(GO_EXAMPLE, EXAMPLE_KEY));
  await ask('no key', 'integrity', open(GO_EXAMPLE));
  await ask('another text', 'integrity', open(GO_EXAMPLE.replace('answer', 'Answer'), GO_KEY));
  const [a, b] = [noteSigner(tlog, 'a.example', 1), noteSigner(tlog, 'b.example', 2)];
  const both = tlog.signNote('text\n', [a, b]);
  await ask('two signers', 'a.example,b.example', open(both, tlog.formatVkey(a.key), tlog.formatVkey(b.key)));
  await ask('the second alone', 'b.example', open(both, tlog.formatVkey(b.key)));
  await ask(
    'a known one that does not hold beside one that does',
    'integrity',
    open(
      both.replace(/(— a\.example .{12})./, '$1A').replace('A', 'B'),
      tlog.formatVkey(a.key),
      tlog.formatVkey(b.key),
    ),
  );
  const twice = `${both}${both.split('\n').at(-2)}\n`;
  await ask('the same signature twice', 'b.example', open(twice, tlog.formatVkey(b.key)));
  const spoilt = `${both}${tlog.formatSignature({ name: 'b.example', id: b.key.id, signature: Buffer.alloc(64) })}`;
  await ask(
    'a second signature of one key is not looked at',
    'b.example',
    open(spoilt, tlog.formatVkey(b.key)),
  );
  const parse = (note: string | Uint8Array) => () => tlog.parseNote(note).text;
  await ask('empty lines in the text', 'a\n\nb\n', parse('a\n\nb\n\n— k AAAAAAA=\n'));
  for (const [name, note] of [
    ['no blank line', 'text\n— k AAAAAAA=\n'],
    ['no blank line, and a signature from the second letter on', 'x— k AAAAAAA=\n'],
    ['no signature', 'text\n\n'],
    ['no line feed at the end', 'text\n\n— k AAAAAAA='],
    ['a carriage return', 'te\rxt\n\n— k AAAAAAA=\n'],
    ['a control character', 'te\u0001xt\n\n— k AAAAAAA=\n'],
    ['a lone surrogate', 'te\ud800xt\n\n— k AAAAAAA=\n'],
    ['a hyphen', 'text\n\n- k AAAAAAA=\n'],
    ['a name with a plus', 'text\n\n— k+k AAAAAAA=\n'],
    ['a name with a no-break space', 'text\n\n— k\u00a0k AAAAAAA=\n'],
    ['no name', 'text\n\n—  AAAAAAA=\n'],
    ['a short signature', 'text\n\n— k AAAAAA==\n'],
    ['Base64 of another spelling', 'text\n\n— k AAAAAAB=\n'],
    ['Base64url', 'text\n\n— k ____AAA=\n'],
    ['a fourth word', 'text\n\n— k AAAAAAA= x\n'],
    ['too many signatures', `text\n\n${'— k AAAAAAA=\n'.repeat(300)}`],
    ['too much text', `${'x'.repeat(1_000_001)}\n\n— k AAAAAAA=\n`],
  ] as const) {
    await ask(name, 'integrity', parse(note));
  }
  await ask('no UTF-8', 'integrity', parse(Buffer.from('te\xffxt\n\n\u2014 k AAAAAAA=\n', 'latin1')));
  await ask('sixteen signatures', 'text\n', parse(`text\n\n${'— k AAAAAAA=\n'.repeat(16)}`));
  const vkey = (text: string) => () => tlog.formatVkey(tlog.parseVkey(text));
  await ask('a vkey', GO_KEY, vkey(GO_KEY));
  for (const [name, text] of [
    ['another id', GO_KEY.replace('c74f20a3', 'c74f20a4')],
    ['an upper case id', GO_KEY.replace('c74f20a3', 'C74F20A3')],
    ['a short key', 'PeterNeumann+c74f20a3+ARpc2QcU'],
    ['another type', GO_KEY.replace('+ARpc', '+ERpc')],
    ['no key', 'PeterNeumann+c74f20a3'],
    ['no name', '+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
    ['a name with a space', GO_KEY.replace('PeterNeumann', 'Peter Neumann')],
    ['nothing', ''],
  ] as const) {
    await ask(`vkey: ${name}`, 'usage', vkey(text));
  }
  await ask('a key under a name with a space', 'usage', () => tlog.verifierKey('a b', a.key.publicKey));
  await ask('a key of 31 bytes', 'usage', () => tlog.verifierKey('a', a.key.publicKey.subarray(1)));
  await ask('signing a text without end', 'TypeError', () => tlog.signNote('text', [a]));
  await ask('signing a control character', 'TypeError', () => tlog.signNote('te\txt\n', [a]));
  await askCosignatures(tlog, ask);
}

async function askCosignatures(tlog: Module, ask: Ask): Promise<void> {
  const log = noteSigner(tlog, 'log.example/a');
  const witness = noteSigner(tlog, 'witness.example/w', 3, 'cosignature');
  const text = tlog.formatCheckpointText({ origin: 'log.example/a', size: 600, root: tree.root(0, 600) });
  const note = tlog.signNote(text, [log]);
  const line = tlog.cosign(text, witness, 1_679_315_147n);
  const names =
    (given: string, ...keys: Tlog.VerifierKey[]) =>
    () =>
      tlog
        .openCheckpoint(given, { keys })
        .signers.map(({ name }) => name)
        .join();
  await ask('cosigned', 'log.example/a,witness.example/w', names(note + line, log.key, witness.key));
  await ask('a witness alone', 'integrity', names(note + line, witness.key));
  const cosigned = Buffer.from(line.split(' ')[2] ?? '', 'base64').subarray(4);
  const as = (signature: Uint8Array): string =>
    note + tlog.formatSignature({ name: witness.key.name, id: witness.key.id, signature });
  await ask(
    'another time',
    'integrity',
    names(as(Buffer.concat([Buffer.alloc(8), cosigned.subarray(8)])), log.key, witness.key),
  );
  await ask('no time', 'integrity', names(as(cosigned.subarray(0, 7)), log.key, witness.key));
  const late = tlog.cosign(text, witness, 1n << 63n);
  await ask('a time past 2^63', 'integrity', names(note + late, log.key, witness.key));
  await ask('its time', '1679315147', () => tlog.timestampOf(cosigned));
  await askPostQuantum(tlog, ask);
}

/** Not every Node has ML-DSA; the one of this project has. */
async function askPostQuantum(tlog: Module, ask: Ask): Promise<void> {
  const pair = (generateKeyPairSync as (type: string) => { publicKey: KeyObject; privateKey: KeyObject })(
    'ml-dsa-44',
  );
  const { pub } = pair.publicKey.export({ format: 'jwk' }) as { pub?: string };
  const key = tlog.verifierKey('witness.example/q', Buffer.from(pub ?? '', 'base64url'), 'mldsaCosignature');
  const u64 = (value: number): Buffer => Buffer.from(value.toString(16).padStart(16, '0'), 'hex');
  const named = (name: string): Buffer =>
    Buffer.concat([Buffer.of(Buffer.byteLength(name)), Buffer.from(name)]);
  const cosigned = (origin: string, size: number, time = 7): string => {
    const text = tlog.formatCheckpointText({ origin, size, root: tree.root(0, size), extensions: ['more'] });
    const head = [Buffer.from('subtree/v1\n\0'), named(key.name), u64(time), named(origin)];
    const message = Buffer.concat([...head, u64(0), u64(size), tree.root(0, size)]);
    const signature = Buffer.concat([u64(7), sign(null, message, pair.privateKey)]);
    return `${text}\n${tlog.formatSignature({ name: key.name, id: key.id, signature })}`;
  };
  const open = (note: string) => () => tlog.openNote(tlog.parseNote(note), [key]).length;
  await ask('an ML-DSA cosignature', '1', open(cosigned('log.example/a', 600)));
  await ask('of another size', 'integrity', open(cosigned('log.example/a', 600).replace('600', '599')));
  await ask('of another time', 'integrity', open(cosigned('log.example/a', 600, 8)));
  await ask('of an origin too long', 'integrity', open(cosigned('x'.repeat(300), 600)));
  await ask(
    'of no checkpoint',
    'integrity',
    open(`text\n${cosigned('log.example/a', 600).split('more\n')[1]}`),
  );
}

async function askCheckpoints(tlog: Module, ask: Ask): Promise<void> {
  const root = tlog.toBase64(tree.root(0, 3));
  const parse = (text: string) => () => {
    const head = tlog.parseCheckpointText(text);
    return head === undefined ? 'undefined' : `${head.origin} ${head.size} ${head.extensions.join()}`;
  };
  const empty = tlog.toBase64(tlog.EMPTY_ROOT);
  await ask('a checkpoint', 'log 3 ', parse(`log\n3\n${root}\n`));
  await ask('extensions', 'log 3 x,y', parse(`log\n3\n${root}\nx\ny\n`));
  await ask('an empty log', 'log 0 ', parse(`log\n0\n${empty}\n`));
  for (const text of [
    '',
    'log\n3\n',
    `log\n3\n${root}`,
    `\n3\n${root}\n`,
    `log\n03\n${root}\n`,
    `log\n-3\n${root}\n`,
    `log\n9007199254740993\n${root}\n`,
    `log\n3\n${root.slice(4)}\n`,
    `log\n3\n${root.slice(0, -1)}\n`,
    `log\n3\n${root}\n\nx\n`,
    `log\n0\n${root}\n`,
  ]) {
    await ask(`no checkpoint ${JSON.stringify(text)}`, 'undefined', parse(text));
  }
  await ask('writing two lines as one', 'TypeError', () =>
    tlog.formatCheckpointText({ origin: 'a\nb', size: 1, root: tree.root(0, 1) }),
  );
  const log = noteSigner(tlog, 'log.example/a');
  const other = noteSigner(tlog, 'other.example', 1);
  const text = tlog.formatCheckpointText({ origin: 'log.example/a', size: 3, root: tree.root(0, 3) });
  const open = (note: string, options: Tlog.OpenOptions) => () => tlog.openCheckpoint(note, options).size;
  await ask('opened', '3', open(tlog.signNote(text, [log]), { keys: [log.key] }));
  const elsewhere = tlog.signNote(text, [other]);
  await ask('a key of another name', 'integrity', open(elsewhere, { keys: [other.key] }));
  await ask(
    'a key of another name that is meant',
    '3',
    open(elsewhere, { keys: [other.key], origin: 'log.example/a' }),
  );
  await ask('another origin', 'integrity', open(elsewhere, { keys: [other.key], origin: 'other.example' }));
  await ask('no checkpoint', 'integrity', open(tlog.signNote('text\n', [log]), { keys: [log.key] }));
}

async function askFiles(tlog: Module, ask: Ask): Promise<void> {
  const log = noteSigner(tlog, 'log.example/a');
  const text = tlog.formatCheckpointText({ origin: 'log.example/a', size: 600, root: tree.root(0, 600) });
  const checkpoint = tlog.signNote(text, [log]);
  const file = { extra: undefined, index: 299, proof: tree.path(299, 0, 600), checkpoint };
  const leaf = tree.root(299, 300);
  const open =
    (given: string, hash: Uint8Array = leaf) =>
    () =>
      tlog.openProof(tlog.parseProofFile(given), hash, { keys: [log.key] }).size;
  const written = tlog.formatProofFile(file);
  await ask('a proof file', '600', open(written));
  await ask('with more', '600', open(tlog.formatProofFile({ ...file, extra: Buffer.from('more') })));
  await ask(
    'its extra data',
    'more',
    () => tlog.parseProofFile(tlog.formatProofFile({ ...file, extra: Buffer.from('more') })).extra,
  );
  await ask('of another entry', 'integrity', open(written, tree.root(298, 299)));
  await ask('with another index', 'integrity', open(tlog.formatProofFile({ ...file, index: 298 })));
  const lines = written.split('\n');
  const without = (at: number): string => lines.filter((_, i) => i !== at).join('\n');
  const replaced = (at: number, line: string): string =>
    lines.map((old, i) => (i === at ? line : old)).join('\n');
  for (const [name, given] of [
    ['no header', without(0)],
    ['another header', replaced(0, 'c2sp.org/tlog-proof@v2')],
    ['no index', without(1)],
    ['a leading zero', replaced(1, 'index 0299')],
    ['a word after the index', replaced(1, 'index 299 ')],
    ['a hash missing', without(3)],
    ['a hash twice', [...lines.slice(0, 3), ...lines.slice(2)].join('\n')],
    ['hash that is none', replaced(2, 'AAAA')],
    ['hash that is no Base64', replaced(2, `${lines[2]?.slice(0, -1)}!`)],
    ['extra data that is no Base64', [lines[0], 'extra !', ...lines.slice(1)].join('\n')],
    ['no checkpoint', lines.slice(0, 12).join('\n')],
    ['nothing', ''],
  ] as const) {
    await ask(`proof file: ${name}`, 'integrity', open(given));
  }
  await ask('no index, when parsed', 'integrity', () => tlog.parseProofFile(without(1)).index);
  await ask(
    'no blank line, when parsed',
    '',
    () => tlog.parseProofFile(lines.slice(0, 12).join('\n')).checkpoint,
  );
  const many = tlog.formatProofFile({ ...file, proof: Array.from({ length: 64 }, () => leaf) });
  await ask('too many hashes', 'not a proof of a log: it has more than 63 hashes', () => {
    try {
      tlog.parseProofFile(many);
      return 'taken';
    } catch (error) {
      return (error as Error).message;
    }
  });
  const bundle = (hex: string) => () =>
    tlog.parseBundle(Buffer.from(hex, 'hex'))?.map((entry) => entry.length);
  await ask('a bundle', '1,0,2', bundle('0001aa00000002bbcc'));
  await ask('an empty bundle', '', bundle(''));
  await ask('a cut length', 'undefined', bundle('0001aa00'));
  await ask('a cut entry', 'undefined', bundle('0002aa'));
  await ask('an entry too large', 'RangeError', () => tlog.formatBundle([Buffer.alloc(65_536)]));
  await ask('the largest entry', '65537', () => tlog.formatBundle([Buffer.alloc(65_535)]).length);
  const path = (given: string) => () => JSON.stringify(tlog.parseTilePath(given));
  await ask('a path', '{"level":2,"index":1234067,"width":256}', path('tile/2/x001/x234/067'));
  await ask('a partial path', '{"level":"entries","index":5,"width":7}', path('tile/entries/005.p/7'));
  for (const given of [
    'tile/0/5',
    'tile/00/005',
    'tile/0/x000/005',
    'tile/0/005.p/256',
    'tile/0/005.p/07',
    'tile/64/000',
    'tile/0/../005',
    '/tile/0/005',
    'tile/0/005.p/0',
  ]) {
    await ask(`no path ${given}`, 'undefined', path(given));
  }
  await ask('a node beyond its tile', 'RangeError', () =>
    tlog.nodeFromTile({ level: 0, index: 2 }, Buffer.alloc(64)),
  );
  await ask('a leaf beyond the tree', 'RangeError', () => tlog.proveInclusion(3, 3, () => leaf).length);
  await ask('growing backwards', 'RangeError', () => tlog.proveConsistency(4, 3, () => leaf).length);
}

async function askAudit(tlog: Module, ask: Ask): Promise<void> {
  const keys = [noteSigner(tlog, 'log.example/a').key];
  const audit =
    (
      size: number,
      change: (files: Map<string, Uint8Array>) => void,
      checkEntry?: Tlog.AuditOptions['checkEntry'],
    ) =>
    async () => {
      const files = logFiles(tlog, size);
      change(files);
      const options = checkEntry === undefined ? { keys } : { keys, checkEntry };
      const { fault, entries } = await tlog.auditLog(sourceOf(files), options);
      return fault === undefined ? `good ${entries}` : `${fault.path} ${fault.entry ?? ''}`.trim();
    };
  const edit = (path: string, at: number) => (files: Map<string, Uint8Array>) => {
    const bytes = Buffer.from(files.get(path) ?? Buffer.alloc(0));
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    files.set(path, bytes);
  };
  for (const size of [0, 1, 255, 256, 257, 512, 600]) {
    await ask(
      `a log of ${size}`,
      `good ${size}`,
      audit(size, () => undefined),
    );
  }
  await ask(
    'files of a log, each once',
    '8',
    async () => (await tlog.auditLog(sourceOf(logFiles(tlog, 600)), { keys })).files,
  );
  await ask('an entry changed', 'tile/0/000 2', audit(600, edit('tile/entries/000', 23)));
  await ask('a leaf hash changed', 'tile/0/001 256', audit(600, edit('tile/0/001', 0)));
  await ask('a hash of level 1 changed', 'tile/1/000.p/2', audit(600, edit('tile/1/000.p/2', 40)));
  await ask('a length changed', 'tile/entries/002.p/88 512', audit(600, edit('tile/entries/002.p/88', 0)));
  const cut = (path: string, by: number) => (files: Map<string, Uint8Array>) => {
    files.set(path, (files.get(path) ?? Buffer.alloc(0)).subarray(0, -by));
  };
  await ask('a tile cut', 'tile/0/000', audit(600, cut('tile/0/000', 32)));
  await ask('the last entry cut', 'tile/entries/000 255', audit(256, cut('tile/entries/000', 11)));
  await ask(
    'a bundle too long',
    'tile/entries/000.p/3',
    audit(3, (files) => {
      files.set('tile/entries/000.p/3', tlog.formatBundle(LEAVES.slice(0, 4)));
    }),
  );
  await ask(
    'a tile too long',
    'tile/0/000.p/3',
    audit(3, (files) => {
      files.set(
        'tile/0/000.p/3',
        Buffer.concat([files.get('tile/0/000.p/3') ?? Buffer.alloc(0), Buffer.alloc(32)]),
      );
    }),
  );
  await ask(
    'a bundle gone',
    'tile/entries/001 256',
    audit(600, (files) => files.delete('tile/entries/001')),
  );
  await ask(
    'a tile gone',
    'tile/1/000.p/2 0',
    audit(600, (files) => files.delete('tile/1/000.p/2')),
  );
  await ask(
    'partial ones gone, full ones there',
    'good 3',
    audit(3, (files) => {
      const full = logFiles(tlog, 256);
      for (const kind of ['entries', '0']) {
        files.delete(`tile/${kind}/000.p/3`);
        files.set(`tile/${kind}/000`, full.get(`tile/${kind}/000`) ?? Buffer.alloc(0));
      }
    }),
  );
  await ask(
    'another root',
    'checkpoint',
    audit(600, (files) => {
      const text = tlog.formatCheckpointText({ origin: 'log.example/a', size: 600, root: tree.root(0, 599) });
      files.set('checkpoint', Buffer.from(tlog.signNote(text, [noteSigner(tlog, 'log.example/a')])));
    }),
  );
  await ask(
    'no checkpoint',
    'not-found',
    audit(600, (files) => files.delete('checkpoint')),
  );
  await ask(
    'an entry its reader refuses',
    'tile/entries/001 300',
    audit(
      600,
      () => undefined,
      (_, index) => (index === 300 ? 'bad' : undefined),
    ),
  );
}
