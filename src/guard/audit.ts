import { type Clause, type Contract, compileContract, readContract } from '../contract/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Entry } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import { loadPolicySet, type PolicyInput } from '../policy/index.ts';
import { readAccepted, sourcesOf } from './accepted.ts';
import { isContract } from './contracts.ts';
import { scopeText } from './enforce.ts';
import { inputOf } from './sample.ts';
import { readTreePolicies } from './tree.ts';

export const AUDIT_SCOPES = ['repo', 'bucket', 'user'] as const;

export interface AuditQuestion {
  readonly scope: (typeof AUDIT_SCOPES)[number];
  /** Which bucket or user; all where it is left out. */
  readonly name: string | undefined;
  /** Newest operations and denials to look at. */
  readonly last: number;
}

/** An operation beside what a contract asks of it. */
export interface AuditedOperation {
  readonly op: string;
  readonly ts: string;
  readonly action: string;
  readonly summary: string;
}

export interface AuditedClause {
  readonly line: number;
  readonly asks: string;
  /** Operations it would refuse that were refused. */
  readonly refused: number;
  /** Operations it would refuse that were done with approvals. */
  readonly approved: number;
  /** Operations it would refuse that were done: before it was in force, or past it. */
  readonly differs: readonly AuditedOperation[];
}

export interface AuditedContract {
  readonly name: string;
  readonly file: string;
  readonly scope: string;
  /** `differs`: in force is another text than the tree's. `tree`: nothing was accepted, the tree's judges. */
  readonly standing: 'accepted' | 'differs' | 'tree';
  readonly clauses: readonly AuditedClause[];
}

export interface ContractAudit {
  readonly scope: string;
  readonly contracts: readonly AuditedContract[];
  readonly looked: number;
  /** Refs that plain git moved, outside every gate. */
  readonly outside: readonly { readonly ts: string; readonly refs: number }[];
  readonly ok: boolean;
}

/** What each contract of that scope asks, what the ledger says happened, and where the two differ. */
export async function auditContracts(reader: Reader, question: AuditQuestion): Promise<ContractAudit> {
  const accepted = readAccepted(reader.stateDirectory);
  const tree = readTreePolicies(reader);
  const now = new Map(tree.sources.map(({ path, text }) => [path, text]));
  const entries: Decided[] = [];
  for (const entry of decided(reader, question.last))
    entries.push({ entry, input: await inputOf(reader, entry) });
  let secured = false;
  const contracts: AuditedContract[] = [];
  for (const { path, text } of sourcesOf(accepted ?? tree).filter(isContract)) {
    const { contract } = readContract(text);
    if (contract === undefined || !isAsked(contract, question)) continue;
    const differs = now.has(path) && now.get(path) !== text;
    contracts.push({
      name: contract.name,
      file: path,
      scope: scopeText(contract),
      standing: accepted === undefined ? 'tree' : differs ? 'differs' : 'accepted',
      clauses: contract.clauses.map((clause) => auditClause({ contract, clause, path }, entries)),
    });
    secured ||= contract.clauses.some((item) => item.kind === 'flag' && item.key === 'BLOCKCHAIN_SECURITY');
  }
  if (question.name !== undefined && contracts.length === 0) {
    throw new BitError('not-found', `no contract in force binds ${question.scope} ${question.name}`, {
      hint: 'put one in force with: bit contract enforce <file>',
    });
  }
  const outside = question.scope === 'repo' ? movedOutside(reader, question.last) : [];
  return {
    scope: question.name === undefined ? question.scope : `${question.scope} ${question.name}`,
    contracts,
    looked: entries.length,
    outside,
    ok:
      (!secured || outside.length === 0) &&
      contracts.every(
        ({ standing, clauses }) =>
          standing !== 'differs' && clauses.every((item) => item.differs.length === 0),
      ),
  };
}

function isAsked({ scope }: Contract, { scope: kind, name }: AuditQuestion): boolean {
  if (scope.kind !== kind) return false;
  return name === undefined || scope.kind === 'repo' || scope.name === name;
}

/** Intents and denials, newest first: everything a gate was asked about. */
function* decided(reader: Reader, most: number): IterableIterator<Entry> {
  let count = 0;
  for (const entry of reader.ledger.entries({ newestFirst: true })) {
    if (entry.phase !== 'intent' && entry.phase !== 'denied') continue;
    if (typeof entry.payload?.['action'] !== 'string') continue;
    if (++count > most) return;
    yield entry;
  }
}

interface Decided {
  readonly entry: Entry;
  readonly input: PolicyInput;
}

function auditClause(
  { contract, clause, path }: { readonly contract: Contract; readonly clause: Clause; readonly path: string },
  entries: readonly Decided[],
): AuditedClause {
  const text = compileContract({ ...contract, clauses: [clause] }, path);
  const set = loadPolicySet([{ path: `${path}.rego`, text }]);
  let refused = 0;
  let approved = 0;
  const differs: AuditedOperation[] = [];
  for (const { entry, input } of entries) {
    if (set.decide(input).allowed) continue;
    if (entry.phase === 'denied') refused += 1;
    else if (clause.kind === 'approval' && entry.payload?.['approvals'] !== undefined) approved += 1;
    else {
      const { action, summary } = entry.payload ?? {};
      differs.push({ op: entry.op, ts: entry.ts, action: String(action), summary: String(summary ?? '') });
    }
  }
  return { line: clause.line, asks: clause.asks, refused, approved, differs };
}

function movedOutside(reader: Reader, most: number): { ts: string; refs: number }[] {
  const moved: { ts: string; refs: number }[] = [];
  for (const entry of reader.ledger.entries({
    event: 'REFS_MOVED',
    phase: 'note',
    newestFirst: true,
    limit: most,
  })) {
    const { moved: named, more } = entry.payload ?? {};
    const counted = Array.isArray(named) ? named.length : 0;
    moved.push({ ts: entry.ts, refs: counted + (typeof more === 'number' ? more : 0) });
  }
  return moved;
}
