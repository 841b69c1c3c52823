import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { judgeConsistency, judgeInclusion } from '../../scripts/conformance/tlog.ts';
import {
  consistencyFault,
  Frontier,
  inclusionFault,
  leafHash,
  nodeFromTile,
  nodesOf,
  proveConsistency,
  proveInclusion,
  type Subtree,
  subtreesOf,
  type Tile,
  tileOfNode,
  tilePath,
  tilesOf,
  treeRoot,
} from '../../src/tlog/index.ts';
import fc from '../property.ts';
import { requireService, suite } from '../suite.ts';
import { NaiveTree, naiveConsistency, naiveInclusion, naiveLeaf } from './naive.ts';

const VECTORS = join(import.meta.dirname, '../../../shared/conformance/tlog');

/** A tree that keeps what the frontier completes, as the ledger's store does. */
class Kept {
  readonly frontier = new Frontier();
  readonly #nodes: Uint8Array[][] = [];
  reads = 0;

  constructor(leaves: readonly Uint8Array[]) {
    for (const leaf of leaves) this.#nodes.push(this.frontier.push(leaf));
  }

  readonly read = ({ level, index }: Subtree): Uint8Array => {
    this.reads += 1;
    const node = this.#nodes[(index + 1) * 2 ** level - 1]?.[level];
    if (node === undefined) throw new Error(`no node ${level} ${index}`);
    return node;
  };
}

const leavesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => naiveLeaf(Buffer.from(`leaf ${i}`)));

/** Ways to spoil a proof; each gives a list of hashes that isn't the one given, or is. */
const SPOILERS: readonly ((proof: readonly Uint8Array[], at: number, bit: number) => Uint8Array[])[] = [
  (proof) => [...proof],
  (proof, at) => proof.filter((_, i) => i !== at),
  (proof, at) => proof.flatMap((hash, i) => (i === at ? [hash, hash] : [hash])),
  (proof, at) => proof.map((hash, i) => (i === at ? (proof[0] ?? hash) : hash)),
  (proof, at, bit) =>
    proof.map((hash, i) => {
      if (i !== at) return hash;
      const flipped = Buffer.from(hash);
      flipped[bit % 32] = (flipped[bit % 32] ?? 0) ^ (1 << (bit % 8));
      return flipped;
    }),
  (proof, at) => proof.map((hash, i) => (i === at ? hash.subarray(0, 31) : hash)),
  (proof) => [...proof, Buffer.alloc(32)],
  (proof) => [Buffer.alloc(32), ...proof],
  (proof) => [...proof].reverse(),
];

suite('proof vectors', (test) => {
  for (const [name, judge] of [
    ['inclusion', judgeInclusion],
    ['consistency', judgeConsistency],
  ] as const) {
    test(`every ${name} vector of transparency-dev/merkle is judged right`, () => {
      const file = join(VECTORS, `${name}.json`);
      if (!requireService('../shared/conformance', existsSync(file))) return;
      const verdicts = [...judge(readFileSync(file, 'utf8'), file)];
      assert.equal(
        verdicts.filter(({ passed }) => !passed),
        [],
      );
      assert.is(verdicts.length, 98);
    });
  }
});

suite('proofs against the naive tree', (test) => {
  test('leaf hashes and roots of every size to 300 are the same', () => {
    assert.equal(leafHash(Buffer.from('abc')), naiveLeaf(Buffer.from('abc')));
    const leaves = leavesOf(300);
    const naive = new NaiveTree(leaves);
    const frontier = new Frontier();
    for (let size = 0; size <= 300; size++) {
      assert.equal(Buffer.from(frontier.root()), naive.root(0, size), `size ${size}`);
      const resumed = new Frontier(size, frontier.roots());
      assert.equal(resumed.root(), frontier.root());
      assert.is(subtreesOf({ begin: 0, end: size }).length, frontier.roots().length);
      if (size < 300) {
        const leaf = leaves[size] as Buffer;
        assert.equal(resumed.push(leaf), frontier.push(leaf));
      }
    }
  });

  test('every inclusion proof of every size to 300 is the same, and both verifiers take it', () => {
    const leaves = leavesOf(300);
    const naive = new NaiveTree(leaves);
    const { read } = new Kept(leaves);
    for (let size = 1; size <= 300; size++) {
      const root = naive.root(0, size);
      assert.equal(Buffer.from(treeRoot(size, read)), root);
      for (let index = 0; index < size; index++) {
        const proof = proveInclusion(index, size, read);
        const expected = naive.path(index, 0, size);
        assert.ok(
          proof.length === expected.length && proof.every((hash, i) => expected[i]?.equals(hash) === true),
          `path of ${index} in ${size}`,
        );
        const leaf = leaves[index] as Buffer;
        assert.is(inclusionFault({ index, size, leaf, proof, root }), undefined);
        assert.ok(naiveInclusion(index, size, leaf, proof, root));
      }
    }
  });

  test('every consistency proof of every two sizes to 300 is the same, and both verifiers take it', () => {
    const leaves = leavesOf(300);
    const naive = new NaiveTree(leaves);
    const { read } = new Kept(leaves);
    for (let size2 = 1; size2 <= 300; size2++) {
      const root2 = naive.root(0, size2);
      for (let size1 = 1; size1 <= size2; size1++) {
        const root1 = naive.root(0, size1);
        const proof = proveConsistency(size1, size2, read);
        const expected = naive.proof(size1, size2);
        assert.ok(
          proof.length === expected.length && proof.every((hash, i) => expected[i]?.equals(hash) === true),
          `proof from ${size1} to ${size2}`,
        );
        assert.is(consistencyFault({ size1, size2, root1, root2, proof }), undefined);
        assert.ok(naiveConsistency(size1, size2, root1, root2, proof));
      }
    }
  });

  test('both verifiers judge spoiled proofs alike, in trees of up to 100,000 leaves', () => {
    const leaves = leavesOf(100_000);
    const naive = new NaiveTree(leaves);
    const kept = new Kept(leaves);
    const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 100_000 }));
    let taken = 0;
    let refused = 0;
    const tally = (ours: string | undefined, theirs: boolean, claim: string): void => {
      assert.is(ours === undefined, theirs, `${claim}: ${ours}`);
      if (theirs) taken += 1;
      else refused += 1;
    };
    fc.assert(
      fc.property(
        size,
        size,
        fc.nat(99_999),
        fc.nat(8),
        fc.nat(16),
        fc.nat(255),
        (a, b, at, way, hash, bit) => {
          const [size1, size2] = a < b ? [a, b] : [b, a];
          const spoil = SPOILERS[way] ?? SPOILERS[0];
          if (spoil === undefined) return;
          const index = at % size2;
          kept.reads = 0;
          const path = proveInclusion(index, size2, kept.read);
          const growth = proveConsistency(size1, size2, kept.read);
          assert.ok(kept.reads <= 4 * 17 + 17, `${kept.reads} reads`);
          assert.equal(path.map(Buffer.from), naive.path(index, 0, size2).map(Buffer.from));
          assert.equal(growth.map(Buffer.from), naive.proof(size1, size2).map(Buffer.from));
          const leaf = leaves[index] as Buffer;
          const root1 = naive.root(0, size1);
          const root2 = naive.root(0, size2);
          for (const proof of [path, spoil(path, hash % (path.length + 1), bit)]) {
            for (const [m, n] of [
              [index, size2],
              [index + 1, size2],
              [index, size1],
              [index, size2 + 1],
              [Math.floor(index / 2), size2],
            ] as const) {
              const root = n === size1 ? root1 : root2;
              const ours = inclusionFault({ index: m, size: n, leaf, proof, root });
              tally(ours, naiveInclusion(m, n, leaf, proof, root), `inclusion ${m} in ${n}`);
            }
          }
          for (const proof of [growth, spoil(growth, hash % (growth.length + 1), bit)]) {
            for (const [m, n] of [
              [size1, size2],
              [size2, size1],
              [size1 - 1, size2],
              [size1 + 1, size2],
              [size1, size2 + 1],
            ] as const) {
              const ours = consistencyFault({ size1: m, size2: n, root1, root2, proof });
              tally(ours, naiveConsistency(m, n, root1, root2, proof), `consistency ${m} to ${n}`);
            }
          }
        },
      ),
      { numRuns: 1_500 },
    );
    assert.ok(taken > 3_000 && refused > 10_000, `${taken} taken, ${refused} refused`);
  });
});

suite('tiles', (test) => {
  test('have one path each, as the specification writes it', () => {
    const paths: readonly (readonly [Tile, string])[] = [
      [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
      [{ level: 0, index: 1_234_067, width: 256 }, 'tile/0/x001/x234/067'],
      [{ level: 1, index: 1_000, width: 17 }, 'tile/1/x001/000.p/17'],
      [{ level: 'entries', index: 273, width: 112 }, 'tile/entries/273.p/112'],
    ];
    for (const [tile, path] of paths) assert.is(tilePath(tile), path);
  });

  test('of a tree of 70,000 are those the specification counts', () => {
    const tiles = [...tilesOf(70_000)];
    const at = (level: number, full: boolean): Tile[] =>
      tiles.filter((tile) => tile.level === level && (tile.width === 256) === full);
    assert.equal([at(0, true).length, at(1, true).length, at(2, true).length], [273, 1, 0]);
    assert.equal(
      [at(0, false), at(1, false), at(2, false)].map((list) => list.map(({ width }) => width)),
      [[112], [17], [1]],
    );
    assert.is(tiles.length, 277);
    assert.equal([...tilesOf(256)].map(tilePath), ['tile/0/000', 'tile/1/000.p/1']);
    assert.equal([...tilesOf(0)], []);
  });

  test('give every node a proof can ask for', () => {
    const leaves = leavesOf(70_000);
    const kept = new Kept(leaves);
    const bytesOf = ({ level, index, width }: Tile): Uint8Array =>
      Buffer.concat(
        Array.from({ length: width }, (_, i) =>
          kept.read({ level: Number(level) * 8, index: index * 256 + i }),
        ),
      );
    for (const size of [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 70_000]) {
      for (const node of nodesOf([{ begin: 0, end: size }])) {
        const tile = tileOfNode(node, size);
        assert.ok(tile.width > 0, JSON.stringify({ node, size }));
        assert.equal(nodeFromTile(node, bytesOf(tile)), kept.read(node), JSON.stringify({ node, size }));
      }
    }
  });
});
