/** Records what an evaluation did. Only code compiled for it calls it, so that plain decisions pay nothing. */

import type { Json } from '../../kernel/json.ts';
import { locate, type Position, type Span } from './ast.ts';
import type { Value } from './values.ts';

const MOST_LINES = 2000;

export interface Line {
  readonly depth: number;
  readonly text: string;
  outcome: 'true' | 'false' | 'undefined' | 'error';
  readonly at: Position;
  values?: Readonly<Record<string, Json>>;
}

/** The two sides of a comparison; null for one that is undefined. */
export interface Compared {
  readonly actual: Json;
  readonly expected: Json;
}

export interface Stop {
  readonly literal: string;
  readonly at: Position;
  readonly values: Readonly<Record<string, Json>>;
  readonly compared?: Compared;
}

/** Told of every literal and clause that is evaluated. */
export interface Cover {
  literal(at: Span): void;
  clause(at: Span, furthest: number, stop: Stop | undefined): void;
}

interface ClauseRun {
  readonly rule: string;
  readonly at: Span;
  furthest: number;
  stop: Stop | undefined;
  held: boolean;
}

export interface LiteralRun {
  readonly line: Line;
  readonly clause: ClauseRun | undefined;
  passed: boolean;
}

export class Tracer {
  readonly lines: Line[] = [];
  /** Every clause of a rule run, with the literal that stopped it where it got furthest. */
  readonly clauses: ClauseRun[] = [];
  /** What partial sets were given, and by which rule. */
  readonly produced: { readonly rule: string; readonly at: Span; readonly item: Value }[] = [];
  private depth = 0;
  private readonly cover: Cover | undefined;
  private readonly stack: (ClauseRun | undefined)[] = [];

  constructor(cover?: Cover) {
    this.cover = cover;
  }

  enterClause(rule: string, at: Span): Line {
    const line = this.line(rule, at);
    const clause: ClauseRun = { rule, at, furthest: -1, stop: undefined, held: false };
    this.stack.push(clause);
    if (this.clauses.length < MOST_LINES) this.clauses.push(clause);
    this.depth++;
    return line;
  }

  leaveClause(line: Line, held: boolean): void {
    const clause = this.stack.pop();
    if (clause !== undefined) {
      clause.held = held;
      this.cover?.clause(clause.at, clause.furthest, clause.stop);
    }
    this.depth--;
    line.outcome = held ? 'true' : 'undefined';
  }

  enterLiteral(text: string, at: Span): LiteralRun {
    this.cover?.literal(at);
    const run = { line: this.line(text, at), clause: this.stack.at(-1), passed: false };
    this.depth++;
    return run;
  }

  leaveLiteral(
    run: LiteralRun,
    index: number,
    at: Span,
    values: () => Readonly<Record<string, Json>>,
    compared: () => Compared | undefined,
  ): void {
    this.depth--;
    if (run.passed) run.line.outcome = 'true';
    else {
      const found = values();
      run.line.values = found;
      run.line.outcome = Object.values(found).includes(null) ? 'undefined' : 'false';
      const { clause } = run;
      if (clause !== undefined && index >= clause.furthest) {
        clause.furthest = index;
        const sides = compared();
        const both = sides === undefined ? {} : { compared: sides };
        clause.stop = { literal: run.line.text, at: locate(at), values: found, ...both };
      }
    }
  }

  produce(rule: string, at: Span, item: Value): void {
    if (this.produced.length < MOST_LINES) this.produced.push({ rule, at, item });
  }

  private line(text: string, at: Span): Line {
    const line: Line = { depth: this.depth, text, outcome: 'error', at: locate(at) };
    if (this.lines.length < MOST_LINES) this.lines.push(line);
    return line;
  }
}
