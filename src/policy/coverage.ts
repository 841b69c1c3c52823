import { type Clause, locate, type Module, type Rule, type Span } from './rego/ast.ts';
import type { Cover, Stop } from './rego/tracer.ts';
import type { Location } from './types.ts';

/** A line of a policy no test reached, and why. */
export interface MissedLine {
  readonly at: Location;
  /** `data.package.rule`. */
  readonly rule: string;
  /** `unasked`: no test evaluated the rule. `stopped`: each that did stopped before the line. */
  readonly why: 'unasked' | 'stopped';
  /** Where it got furthest, and the values there. */
  readonly stop?: Stop;
}

/** Which lines of the policies their tests reached: heads and literals of rules, one a line. */
export interface PolicyCoverage {
  readonly lines: number;
  readonly covered: number;
  readonly missed: readonly MissedLine[];
}

interface ClauseState {
  furthest: number;
  stop: Stop | undefined;
}

/** Collects over several tests. */
export class Coverage implements Cover {
  readonly #clauses = new Map<string, ClauseState>();
  readonly #literals = new Set<string>();

  literal(at: Span): void {
    this.#literals.add(keyOf(at));
  }

  clause(at: Span, furthest: number, stop: Stop | undefined): void {
    const state = this.#clauses.get(keyOf(at));
    if (state === undefined) this.#clauses.set(keyOf(at), { furthest, stop });
    else if (furthest > state.furthest) Object.assign(state, { furthest, stop });
  }

  /** Over all files but the tests themselves; a default has nothing to reach. */
  over(modules: readonly Module[]): PolicyCoverage {
    const lines = new Map<string, MissedLine | true>();
    for (const module of modules) {
      if (module.file.path.endsWith('_test.rego')) continue;
      for (const rule of module.rules) {
        if (!rule.isDefault) for (const clause of rule.clauses) this.#count(module, rule, clause, lines);
      }
    }
    const missed = [...lines.values()].filter((line) => line !== true);
    return { lines: lines.size, covered: lines.size - missed.length, missed };
  }

  #count(module: Module, rule: Rule, clause: Clause, lines: Map<string, MissedLine | true>): void {
    // a rule that adds to a set is traced by its head
    const state = this.#clauses.get(keyOf(clause.at)) ?? this.#clauses.get(keyOf(rule.at));
    const name = [
      'data',
      ...module.package,
      ...rule.path.map((part) => (part.kind === 'const' ? part.value : '[]')),
    ];
    const add = (span: Span, covered: boolean) => {
      const at = locate(span);
      const key = `${at.path}:${at.line}`;
      const present = lines.get(key);
      // A line with several things on it is covered when one of them is.
      if (present === true || (present !== undefined && !covered)) return;
      const stop = state?.stop === undefined ? {} : { stop: state.stop };
      const why = state === undefined ? 'unasked' : 'stopped';
      lines.set(key, covered ? true : { at, rule: name.join('.'), why, ...stop });
    };
    add(clause.at, state !== undefined);
    for (const literal of clause.body) {
      if (literal.kind !== 'some') add(literal.at, this.#literals.has(keyOf(literal.at)));
    }
  }
}

function keyOf({ file, start }: Span): string {
  return `${start} ${file.path}`;
}
