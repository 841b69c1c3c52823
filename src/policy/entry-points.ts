/** Which rules of a program are asked, for what. */
import { isJsonObject } from '../kernel/json.ts';
import { nearest } from '../kernel/text.ts';
import { locate, type Module, type Term } from './rego/ast.ts';
import type { Program } from './rego/program.ts';
import { dependencyGraph } from './rego/recursion.ts';
import { everyTerm } from './rego/references.ts';
import type { Group } from './rego/tree.ts';
import { isArray, isObject, objectEntries, RegoSet, type Value } from './rego/values.ts';
import type { PolicyInput, PolicyProblem } from './types.ts';

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

/**
 * Rules written where an entry point would be and that the gate can't ask: `deny.size contains …` makes `deny` an
 * object of sets, `deny(x)` a function. Passing over them would let through what they mean to stop, so they are
 * faults of the set.
 */
export function unaskableRules(modules: readonly Module[]): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  for (const module of modules) {
    for (const rule of module.rules) {
      const [first, second] = rule.path;
      if (first?.kind !== 'const' || typeof first.value !== 'string') continue;
      const name = first.value;
      const entry = `data.${[...module.package, name].join('.')}`;
      if (name !== 'deny' && NAMED[entry] === undefined) continue;
      const asked = NAMED[entry]?.kind === 'allow';
      if (asked && rule.kind === 'set') {
        const message = `${entry} is a set here, and a gate asks whether it is true; write: ${name} if …`;
        problems.push({ severity: 'error', code: 'unaskable_rule', message, at: locate(rule.at) });
        continue;
      }
      const dotted = second?.kind === 'const' && typeof second.value === 'string';
      if (!dotted && rule.kind !== 'function') continue;
      const what = dotted
        ? `${entry} would be an object with a member ${String(second.value)}`
        : `${entry} is a function here`;
      const instead = name === 'allow' || name === 'allow_job' ? `${name} if …` : `${name} contains … if …`;
      const message = `${what}, which nothing asks; write: ${instead}`;
      problems.push({ severity: 'error', code: 'unaskable_rule', message, at: locate(rule.at) });
    }
  }
  return problems;
}

/** The entry point a rule nothing asks was likely meant to be. */
export function entryNear(packagePath: readonly string[], name: string): string | undefined {
  const home = `data.${packagePath.join('.')}.`;
  const here = Object.keys(NAMED).filter(
    (entry) => entry.startsWith(home) && !entry.slice(home.length).includes('.'),
  );
  const names = ['deny', ...here.map((entry) => entry.slice(home.length))];
  return nearest(name, names, 1)[0] ?? entryElsewhere(packagePath, name);
}

/** A rule that has an entry point's name, in a package that is nearly the entry point's. */
function entryElsewhere(packagePath: readonly string[], name: string): string | undefined {
  const own = packagePath.join('.');
  const packages = Object.keys(NAMED)
    .filter((entry) => entry.endsWith(`.${name}`))
    .map((entry) => entry.slice('data.'.length, -name.length - 1));
  const [near] = packages.includes(own) ? [] : nearest(own, packages, 1);
  return near === undefined ? undefined : `data.${near}.${name}`;
}

/** `input.config` of an offer: what policies of meshes ask for, where the repository's settings say nothing of it. */
export function offerConfig(config: PolicyInput['config']): PolicyInput['config'] {
  return { max_priority: 10, ...config };
}

export function isJobOffer(input: PolicyInput): boolean {
  return isJsonObject(input.msg) && input.msg['type'] === 'JOB_OFFER';
}

/** Denials first: they decide whatever an allow says. */
export function entriesOf(program: Program): Entry[] {
  let known: Set<Group> | undefined;
  const readers = (): Set<Group> => {
    known ??= readersOf(program);
    return known;
  };
  const entries: Entry[] = [];
  for (const { group, name, packagePath } of program.groups) {
    const inPackage = `data.${[...packagePath, name].join('.')}`;
    if (group.kind === 'function' || inPackage !== group.name) continue;
    const role = NAMED[group.name] ?? (name === 'deny' ? { kind: 'deny', scope: 'all' } : undefined);
    if (role === undefined) continue;
    const { kind, scope } = role as Pick<Entry, 'kind' | 'scope'>;
    entries.push({
      kind,
      scope,
      group,
      // only a query wants to know, and every term is looked at for it
      get readsToo() {
        return readers().has(group);
      },
    });
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
