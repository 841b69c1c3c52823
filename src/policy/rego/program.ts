/** Modules to a program: the tree of rules, checked and compiled. Faults are collected, one per rule at the most. */
import { nearest } from '../../kernel/text.ts';
import { metadataChain, ruleMetadata } from './annotations.ts';
import {
  type Body,
  type Import,
  type Literal,
  type Module,
  RegoError,
  type Rule,
  type SourceFile,
  type Span,
  type Term,
} from './ast.ts';
import type { Builtin } from './builtins/define.ts';
import { builtinNames, findBuiltin } from './builtins/index.ts';
import { compileBody } from './compile-body.ts';
import { compileGroup, type ProgramGroup, type ResolvedRule } from './compile-rules.ts';
import { checkBelow, checkImports, checkName, checkPackage } from './conflicts.ts';
import type { Callable, Machine } from './machine.ts';
import { parseQuery } from './parse-module.ts';
import { postponed } from './postpone.ts';
import { findCycle } from './recursion.ts';
import { Resolver, type Unused, writtenName } from './resolve.ts';
import { Flow } from './safety.ts';
import { Frame, type Linker, Scope } from './scope.ts';
import { type Group, TreeNode } from './tree.ts';
import { RegoObject, type Value } from './values.ts';

interface Pending {
  readonly node: TreeNode;
  readonly group: Group;
  readonly rules: { rule: Rule; module: Module; rest: number }[];
}

export interface Solutions {
  readonly length: number;
  readonly single: Value | undefined;
  readonly bindings: readonly Value[];
}

/** Builtins of a program beside Rego's own, which count for nothing here but by what they are asked. */
export interface MoreBuiltins {
  /** Whether a name is one of theirs, be it there or not. */
  covers(name: string): boolean;
  find(name: string): Builtin | undefined;
  names(): readonly string[];
  /** What a call of one that isn't there says; its rule stays, and ends where it comes to it. */
  lack(name: string): string;
  absent(name: string): Callable;
}

export class Program {
  readonly root: TreeNode;
  readonly faults: RegoError[] = [];
  readonly groups: ProgramGroup[] = [];
  /** Variables given a value nothing reads: no fault, and seldom meant. */
  readonly unused: Unused[] = [];
  private readonly usedImports = new Map<Module, Set<string>>();
  private readonly linker: Linker;
  private readonly modules: readonly Module[];
  private readonly pending = new Map<TreeNode, Pending>();
  private readonly ruleNames = new Map<string, Set<string>>();
  private readonly more: MoreBuiltins | undefined;

  /** `checked`: found without fault before, so that rules are compiled when they are first asked. */
  constructor(
    modules: readonly Module[],
    options: { traced?: boolean; checked?: boolean; more?: MoreBuiltins } = {},
  ) {
    this.more = options.more;
    this.modules = modules;
    const nowhere: SourceFile = { path: 'data', text: '' };
    this.root = new TreeNode([], { file: nowhere, start: 0, end: 0 });
    this.linker = {
      root: this.root,
      traced: options.traced ?? false,
      body: compileBody,
      builtin: (name): Callable | undefined =>
        this.builtin(name)?.call ?? (this.more?.covers(name) === true ? this.more.absent(name) : undefined),
      relation: (name) => findBuiltin(name)?.relation === true,
    };
    for (const module of modules) {
      const key = module.package.join('\0');
      const names = this.ruleNames.get(key) ?? new Set();
      this.ruleNames.set(key, names);
      for (const rule of module.rules) names.add(firstName(rule));
    }
    for (const module of modules) this.addModule(module);
    if (options.checked === true) {
      for (const pending of this.pending.values()) this.postpone(pending);
      return;
    }
    for (const module of modules) this.guard(module.packageAt, () => checkPackage(module, this.root));
    if (this.faults.length === 0)
      for (const { node, group } of this.pending.values()) this.guard(group.at, () => checkBelow(node));
    for (const pending of this.pending.values()) this.guard(pending.group.at, () => this.compile(pending));
    if (this.faults.length === 0) {
      const cycle = findCycle(this.groups, this.root);
      if (cycle !== undefined) this.faults.push(cycle);
    }
  }

  private builtin(name: string): Builtin | undefined {
    return findBuiltin(name) ?? this.more?.find(name);
  }

  unusedImports(): Import[] {
    return this.modules.flatMap((module) =>
      module.imports.filter(({ alias }) => this.usedImports.get(module)?.has(alias) !== true),
    );
  }

  private guard(at: Span, run: () => void): void {
    try {
      run();
    } catch (error) {
      if (error instanceof RegoError) this.faults.push(this.withSuggestion(error));
      else if (error instanceof RangeError)
        this.faults.push(new RegoError('rego_compile_error', 'nested too deeply', at));
      else throw error;
    }
  }

  private withSuggestion(error: RegoError): RegoError {
    const { subject } = error;
    if (subject === undefined) return error;
    const known =
      error.code === 'rego_type_error' || error.code === 'missing_builtin'
        ? [...builtinNames(), ...(this.more?.names() ?? [])]
        : ['input', 'data'];
    const rules = [...this.ruleNames.values()].flatMap((names) => [...names]);
    const [near] = nearest(
      subject,
      [...rules, ...known].filter((name) => name !== subject),
      1,
    );
    if (near === undefined) return error;
    return new RegoError(error.code, `${error.message}; did you mean ${near}?`, error.at);
  }

  private addModule(module: Module): void {
    this.guard(module.packageAt, () => checkImports(module));
    let node = this.root;
    for (const name of module.package) node = node.child(name, module.packageAt);
    for (const rule of module.rules) this.guard(rule.at, () => this.declareRule(module, node, rule));
  }

  private declareRule(module: Module, packageNode: TreeNode, rule: Rule): void {
    checkName(rule, module.version);
    let node = packageNode;
    let used = 0;
    for (const part of rule.path) {
      if (part.kind !== 'const' || typeof part.value !== 'string') break;
      node = node.child(part.value, rule.at);
      used++;
    }
    const rest = rule.path.length - used;
    const kind = rest > 0 ? 'object' : rule.kind === 'value' ? 'complete' : rule.kind;
    if (rest > 0 && rule.kind === 'function')
      throw new RegoError('rego_type_error', 'a function has a constant name', rule.at);
    let pending = this.pending.get(node);
    if (pending === undefined) {
      const name = ['data', ...node.path].join('.');
      const group: Group = {
        id: this.pending.size,
        kind,
        arity: rule.args.length,
        name,
        at: rule.at,
        evaluate: () => undefined,
        call: () => undefined,
      };
      node.group = group;
      pending = { node, group, rules: [] };
      this.pending.set(node, pending);
    } else this.checkSame(pending, kind, rule);
    pending.rules.push({ rule, module, rest });
  }

  private checkSame({ group, rules }: Pending, kind: Group['kind'], rule: Rule): void {
    if (group.kind !== kind || group.arity !== rule.args.length) {
      throw new RegoError('rego_type_error', `conflicting rules ${group.name} found`, rule.at);
    }
    if (rule.isDefault && rules.some((other) => other.rule.isDefault)) {
      throw new RegoError('rego_type_error', `multiple default rules ${group.name} found`, rule.at);
    }
  }

  private readonly names = {
    metadata: (name: string, rule: Rule): Value =>
      name === 'rego.metadata.rule' ? ruleMetadata(rule, this.modules) : metadataChain(rule, this.modules),
    rulesOf: (path: readonly string[]) => this.ruleNames.get(path.join('\0')) ?? new Set<string>(),
    arity: (name: string): number | undefined => {
      const builtin = this.builtin(name);
      if (builtin !== undefined) return builtin.arity;
      const [root, ...path] = name.split('.');
      if (root !== 'data') return undefined;
      let node: TreeNode | undefined = this.root;
      for (const part of path) node = node?.children.get(part);
      return node?.group?.kind === 'function' ? node.group.arity : undefined;
    },
    absent: (name: string, at: Span): boolean => {
      if (this.more?.covers(name) !== true) return false;
      const fault = new RegoError('missing_builtin', this.more.lack(name), at, name);
      if (!this.faults.some((other) => other.at.start === at.start && other.at.file === at.file))
        this.faults.push(this.withSuggestion(fault));
      return true;
    },
  };

  private compile(pending: Pending): void {
    Flow.effort = 0;
    const { group, rules } = pending;
    const resolved = rules.map((one) => this.resolve(one));
    Object.assign(group, compileGroup(group.kind, group.name, resolved, this.linker));
    this.register(pending, () => resolved);
  }

  private postpone(pending: Pending): void {
    const rules = pending.rules.map((one) => {
      let known: ResolvedRule | undefined;
      const resolved = (): ResolvedRule => {
        Flow.effort = 0;
        known ??= this.resolve(one);
        return known;
      };
      return { rule: one.rule, module: one.module, resolved };
    });
    Object.assign(pending.group, postponed(pending.group, rules, this.linker));
    this.register(pending, () => rules.map((rule) => rule.resolved()));
  }

  private resolve({ rule, module, rest }: Pending['rules'][number]): ResolvedRule {
    const resolver = new Resolver(module, this.names);
    const clauses = resolver.rule(rule);
    this.unused.push(...resolver.unused);
    const used = this.usedImports.get(module) ?? new Set();
    this.usedImports.set(module, used);
    for (const alias of resolver.usedImports) used.add(alias);
    return { rule, rest, clauses };
  }

  private register({ group, rules }: Pending, resolved: () => readonly ResolvedRule[]): void {
    const [first] = rules;
    if (first === undefined) return;
    this.groups.push({
      group,
      packagePath: first.module.package,
      name: firstName(first.rule),
      rules: rules.map(({ rule }) => rule),
      get resolved() {
        return resolved();
      },
    });
  }

  /** The value of one expression, for as many solutions as it has. */
  value(term: Term): (machine: Machine, found: (value: Value) => boolean) => void {
    const name = '$result';
    const head: Term = { kind: 'var', name, at: term.at };
    const literal: Literal = { kind: 'unify', left: head, right: term, with: [], at: term.at };
    const search = this.search([literal]);
    return (machine, found) => search(machine, (bindings) => found(bindings.get(name) as Value), true);
  }

  /** Compiles a query; its variables' values are given for every solution until `found` says stop. */
  query(text: string): (machine: Machine, found: (bindings: ReadonlyMap<string, Value>) => boolean) => void {
    return this.search(parseQuery(text));
  }

  /** A query's solutions: the values of its one expression, else what its variables are each time. */
  solve(text: string, machine: Machine, most: number): Solutions {
    const body = parseQuery(text);
    const [only] = body;
    if (body.length === 1 && only?.kind === 'expr' && only.with.length === 0) {
      let single: Value | undefined;
      this.value(only.term)(machine, (value) => {
        single = value;
        return true;
      });
      return { length: single === undefined ? 0 : 1, single, bindings: [] };
    }
    const bindings: RegoObject[] = [];
    this.search(body)(machine, (found) => bindings.push(new RegoObject(found)) >= most);
    return { length: bindings.length, single: undefined, bindings };
  }

  private search(parsed: Body) {
    Flow.effort = 0;
    const body = new Resolver({ package: [], imports: [], version: 'v1' }, this.names).query(parsed);
    const frame = new Frame();
    const scope = new Scope(frame);
    const report = frame.temporary();
    const search = compileBody(body, scope, this.linker, () => {
      const slots = [...scope.bound].map((name) => [name, frame.slot(name)] as const);
      return (values) => {
        const bindings = new Map<string, Value>();
        for (const [name, slot] of slots) {
          if (!name.startsWith('$')) bindings.set(writtenName(name), values[slot] as Value);
          else if (values[FULL] === true) bindings.set(name, values[slot] as Value);
        }
        return (values[report] as (bindings: ReadonlyMap<string, Value>) => boolean)(bindings);
      };
    });
    return (
      machine: Machine,
      found: (bindings: ReadonlyMap<string, Value>) => boolean,
      full = false,
    ): void => {
      const slots: unknown[] = new Array(frame.size);
      slots[FULL] = full;
      slots[report] = found;
      search(slots, machine);
    };
  }
}

/** Slot 0, a rule's result elsewhere: whether unnamed variables are reported too. */
const FULL = 0;

function firstName(rule: Rule): string {
  const [first] = rule.path;
  return first?.kind === 'const' ? String(first.value) : '';
}
