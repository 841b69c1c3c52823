/** Which rules of a program are asked, for what. */
import { isJsonObject } from '../kernel/json.ts';
import type { Term } from './rego/ast.ts';
import type { Program } from './rego/program.ts';
import { dependencyGraph } from './rego/recursion.ts';
import { everyTerm } from './rego/references.ts';
import type { Group } from './rego/tree.ts';
import { isArray, isObject, objectEntries, RegoSet, type Value } from './rego/values.ts';
import type { PolicyInput } from './types.ts';

export interface Entry {
  readonly kind: 'deny' | 'allow';
  readonly scope: 'all' | 'workflow' | 'offer';
  readonly group: Group;
  /** Whether it, or a rule it asks, speaks of `read.*`. */
  readonly readsToo: boolean;
}

const NAMED: Readonly<Record<string, Pick<Entry, 'kind' | 'scope'>>> = {
  'data.bit_hub.access.allow': { kind: 'allow', scope: 'all' },
  'data.bit_hub.workflow.allow': { kind: 'allow', scope: 'workflow' },
  'data.bithub.mesh.allow_job': { kind: 'allow', scope: 'offer' },
  'data.bithub.mesh.forbid_persona': { kind: 'deny', scope: 'offer' },
};

export function isJobOffer(input: PolicyInput): boolean {
  return isJsonObject(input.msg) && input.msg['type'] === 'JOB_OFFER';
}

/** Denials first: they decide whatever an allow says. */
export function entriesOf(program: Program): Entry[] {
  const reading = readersOf(program);
  const entries: Entry[] = [];
  for (const { group, name, packagePath } of program.groups) {
    const inPackage = `data.${[...packagePath, name].join('.')}`;
    if (group.kind === 'function' || inPackage !== group.name) continue;
    const role = NAMED[group.name] ?? (name === 'deny' ? { kind: 'deny', scope: 'all' } : undefined);
    if (role !== undefined) entries.push({ ...role, group, readsToo: reading.has(group) } as Entry);
  }
  return entries.sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'deny' ? -1 : 1));
}

/** Rules that mention reads, and all that ask them. */
function readersOf(program: Program): Set<Group> {
  const readers = new Set<Group>();
  for (const entry of program.groups) {
    for (const term of everyTerm(entry)) if (mentionsReads(term)) readers.add(entry.group);
  }
  if (readers.size === 0) return readers;
  const edges = [...dependencyGraph(program.groups, program.root)];
  for (let size = -1; size !== readers.size; ) {
    size = readers.size;
    for (const [group, asked] of edges)
      if ([...asked].some((other) => readers.has(other))) readers.add(group);
  }
  return readers;
}

function mentionsReads(term: Term): boolean {
  return term.kind === 'const' && speaksOfReads(term.value);
}

function speaksOfReads(value: Value): boolean {
  if (typeof value === 'string') return /^\^?read(?:$|[^a-z0-9_])/.test(value);
  if (isArray(value)) return value.some(speaksOfReads);
  if (value instanceof RegoSet) return value.sorted().some(speaksOfReads);
  return isObject(value) && objectEntries(value).some((pair) => pair.some(speaksOfReads));
}
