import type { Reader } from '../operation/index.ts';
import { defaultPolicy, type PolicySet, type PolicySource } from '../policy/index.ts';
import { compile, readAccepted, readKept, sourcesOf } from './accepted.ts';
import { readTreePolicies } from './tree.ts';

/** `force`: what judges here and now. The others by name. */
export type WhichSet = 'force' | 'default' | 'accepted' | 'tree';

export interface NamedSet {
  /** Where it comes from; `force` is one of the others. */
  readonly from: 'default' | 'accepted' | 'tree' | 'past';
  readonly sources: readonly PolicySource[];
}

/** @throws BitError `integrity` where the accepted set is damaged; undefined where none was accepted yet */
export function findSet(reader: Reader, which: WhichSet): NamedSet | undefined {
  if (which === 'default') return { from: 'default', sources: [defaultPolicy()] };
  const accepted = which === 'tree' ? undefined : readAccepted(reader.stateDirectory);
  if (accepted !== undefined) return orDefault('accepted', sourcesOf(accepted));
  return which === 'accepted' ? undefined : orDefault('tree', readTreePolicies(reader).sources);
}

/** The set that decided under that digest: one of today's, or one that was in force once. */
export function findByDigest(reader: Reader, digest: string): NamedSet | undefined {
  for (const which of ['accepted', 'tree', 'default'] as const) {
    const set = findSet(reader, which);
    if (set !== undefined && compileSet(set, reader).digest === digest) return set;
  }
  const sources = readKept(reader.stateDirectory, digest, { builtins: reader.builtins });
  return sources === undefined ? undefined : { from: 'past', sources };
}

/** A set without files is the built-in one. */
function orDefault(from: NamedSet['from'], sources: readonly PolicySource[]): NamedSet {
  return sources.length === 0 ? { from: 'default', sources: [defaultPolicy()] } : { from, sources };
}

export function compileSet(set: NamedSet, { builtins }: Pick<Reader, 'builtins'> = {}): PolicySet {
  return compile(set.sources, { builtins });
}
