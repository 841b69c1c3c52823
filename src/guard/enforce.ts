import { lstatSync, realpathSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { type Contract, type Diagnostic, readContract } from '../contract/index.ts';
import { BitError } from '../kernel/errors.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import type { PolicySource } from '../policy/index.ts';
import { refuseFaults, refuseLockout } from './accept.ts';
import { acceptedPath, compile, digestOf, readAccepted, sourcesOf, writeAccepted } from './accepted.ts';
import { TREE_CONTRACTS } from './contracts.ts';
import { readInside, readTreePolicies, type TreePolicies } from './tree.ts';

export interface EnforceRequest {
  readonly file: string;
  /** Let it gate no longer. */
  readonly withdraw: boolean;
}

export interface EnforceResult {
  readonly contract: string;
  readonly file: string;
  /** `repo`, `bucket NAME`, `user WHO`. */
  readonly scope: string;
  /** What it asks, a line each. */
  readonly asks: readonly string[];
  /** Of the set in force from now on. */
  readonly digest: string;
  readonly withdrawn: boolean;
}

/**
 * Validates a contract, compiles it and registers it beside the accepted policies: from then on it gates, whatever
 * becomes of the file. Judged by the set in force until now.
 *
 * @throws BitError `failed` with line and column of the first error, or where nobody could accept another set
 */
export async function enforceContract(
  reader: Reader,
  { file, withdraw }: EnforceRequest,
): Promise<Effect<EnforceResult>> {
  const accepted = readAccepted(reader.stateDirectory);
  const base: TreePolicies = accepted ?? readTreePolicies(reader);
  const path = pathOf(reader, file);
  const now = [...(base.registered ?? []), ...base.sources].find((source) => source.path === path);
  if (withdraw && now === undefined) throw notInForce(path, base);
  const source = withdraw && now !== undefined ? now : readSource(reader, path);
  const contract = requireContract(source, withdraw);
  const next = withdraw ? without(base, path) : withSource(base, source);
  refuseFaults(compile(sourcesOf(next), { builtins: reader.builtins }));
  // of this contract alone: what the rest denies is no fault of it
  if (!withdraw) refuseLockout(reader, compile([source]), base.config ?? {});
  const name = contract?.name ?? path;
  const scope = contract === undefined ? 'repo' : scopeText(contract);
  const asks = contract?.clauses.map((clause) => clause.asks) ?? [];
  const same = now?.text === source.text && !withdraw;
  return {
    summary: `${withdraw ? 'withdraw' : 'enforce'} contract ${name}`,
    target: {
      contract: name,
      file: path,
      scope,
      from: accepted?.digest ?? null,
      to: digestOf(next),
      withdraw,
    },
    plan: [
      same
        ? `contract ${name} is in force already`
        : `${withdraw ? 'withdraw' : 'enforce'} contract ${name} of ${path}`,
      ...(withdraw ? [] : asks.map((line) => `  ${line}`)),
    ],
    touches: { refs: [], files: [acceptedPath(reader.stateDirectory)] },
    async run() {
      // what was adopted at first use stands by now
      const standing = readAccepted(reader.stateDirectory) ?? base;
      const written = writeAccepted(
        reader.stateDirectory,
        withdraw ? without(standing, path) : withSource(standing, source),
        { builtins: reader.builtins },
      );
      return { contract: name, file: path, scope, asks, digest: written.digest, withdrawn: withdraw };
    },
    record: (out) => ({
      contract: out.contract,
      file: out.file,
      digest: out.digest,
      withdrawn: out.withdrawn,
    }),
  };
}

export function scopeText({ scope }: Contract): string {
  return scope.kind === 'repo' ? 'repo' : `${scope.kind} ${scope.name}`;
}

function without(set: TreePolicies, path: string): TreePolicies {
  const others = (sources: readonly PolicySource[]): PolicySource[] =>
    sources.filter((source) => source.path !== path);
  return { ...set, sources: others(set.sources), registered: others(set.registered ?? []) };
}

/** A repository's own contract stands among what the tree brings, where `bit policy accept` finds it again. */
function withSource(set: TreePolicies, source: PolicySource): TreePolicies {
  const others = without(set, source.path);
  return TREE_CONTRACTS.includes(source.path)
    ? { ...others, sources: [...others.sources, source] }
    : { ...others, registered: [...(others.registered ?? []), source] };
}

function pathOf(reader: Reader, file: string): string {
  const root = reader.repository?.root;
  if (root === undefined)
    throw new BitError('unsupported', 'a contract is enforced in a repository with a work tree');
  const full = resolve(reader.cwd, file);
  const parent = realpathIfThere(resolve(full, '..'));
  const path = relative(realpathSync(root), join(parent, full.slice(full.lastIndexOf(sep) + 1)));
  if (path === '' || path.startsWith('..'))
    throw new BitError('usage', `${printable(file)} lies outside this repository`);
  if (!path.endsWith('.aln'))
    throw new BitError('usage', `${printable(file)} is no contract: their names end in .aln`);
  return path.split(sep).join('/');
}

function realpathIfThere(path: string): string {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? path : realpathSync(path);
}

function readSource(reader: Reader, path: string): PolicySource {
  const text = readInside(reader.repository?.root ?? '', path);
  if (text !== undefined) return { path, text };
  throw new BitError('not-found', `there is no file ${printable(path)}`);
}

/** What no longer reads, by a newer grammar, can still be withdrawn. */
function requireContract({ path, text }: PolicySource, withdraw: boolean): Contract | undefined {
  const { contract, diagnostics } = readContract(text);
  if (contract !== undefined || withdraw) return contract;
  const [first] = diagnostics;
  const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : '';
  throw new BitError('failed', `${first === undefined ? path : told(path, first)}${more}`, {
    hint: 'nothing was enforced; docs/contract.md has the grammar',
    details: { diagnostics: diagnostics.map((item) => ({ ...item })) },
  });
}

function told(path: string, { line, column, message }: Diagnostic): string {
  return `${path}:${line}:${column}: ${message}`;
}

function notInForce(path: string, set: TreePolicies): BitError {
  const known = sourcesOf(set).flatMap((source) => (source.path.endsWith('.aln') ? [source.path] : []));
  const [near] = nearest(path, known, 1);
  return new BitError('not-found', `${printable(path)} is no contract in force`, {
    hint: known.length === 0 ? 'no contract is' : `in force: ${near ?? known.join(', ')}`,
  });
}
