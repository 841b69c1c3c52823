/** Proof vectors of transparency-dev/merkle. */
import { consistencyFault, inclusionFault } from '../../src/tlog/index.ts';
import type { Verdict } from '../conformance.ts';
import { judgeEach } from './cases.ts';

interface Vector {
  readonly case: string;
  readonly wantErr: boolean;
  readonly proof: readonly string[] | null;
}

interface InclusionVector extends Vector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
}

interface ConsistencyVector extends Vector {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
}

/** Bytes that are none are null where the vectors come from. */
const bytes = (text: string | null | undefined): Buffer => Buffer.from(text ?? '', 'base64');

function verdict({ case: name, wantErr }: Vector, fault: string | undefined): Verdict {
  if (wantErr === (fault !== undefined)) return { name, passed: true };
  return { name, passed: false, why: wantErr ? 'it was taken' : `it was refused: ${fault}` };
}

const COMMON = { case: 'string', wantErr: 'boolean', proof: 'texts?' };

export function judgeInclusion(text: string, file: string): Iterable<Verdict> {
  const fields = { ...COMMON, leafIdx: 'number', treeSize: 'number', root: 'string?', leafHash: 'string?' };
  return judgeEach(text, file, fields, (vector: InclusionVector) => {
    const { leafIdx: index, treeSize: size, proof } = vector;
    const hashes = {
      leaf: bytes(vector.leafHash),
      root: bytes(vector.root),
      proof: (proof ?? []).map(bytes),
    };
    return verdict(vector, inclusionFault({ index, size, ...hashes }));
  });
}

export function judgeConsistency(text: string, file: string): Iterable<Verdict> {
  const fields = { ...COMMON, size1: 'number', size2: 'number', root1: 'string?', root2: 'string?' };
  return judgeEach(text, file, fields, (vector: ConsistencyVector) => {
    const { size1, size2, proof } = vector;
    const hashes = {
      root1: bytes(vector.root1),
      root2: bytes(vector.root2),
      proof: (proof ?? []).map(bytes),
    };
    return verdict(vector, consistencyFault({ size1, size2, ...hashes }));
  });
}
