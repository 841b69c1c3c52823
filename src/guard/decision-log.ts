import { appendFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory } from '../kernel/files.ts';
import type { Json } from '../kernel/json.ts';
import { maskJson } from '../kernel/secrets.ts';
import { shorten } from '../kernel/text.ts';
import { type Decision, type PolicyInput, type PolicySet, shownPlace } from '../policy/index.ts';

/** The log is turned over past this; one older file is kept. */
const MOST_BYTES = 8 * 1024 * 1024;

export interface DecisionLog {
  readonly file: string;
  /** Asked at each decision: the settings are read only when one is made. */
  readonly on: () => boolean;
  readonly notice: (line: string) => void;
}

/**
 * The set, with every decision of it written down: queries and dry runs too, which the ledger has no entries for. One
 * line of JSON each: id, time, verdict, reasons, digests and the masked input. Switched on by
 * `policy: { decision_log: true }` in `.bithub.yml`. A log that can't be written is told, and changes no decision.
 */
export function withDecisionLog(set: PolicySet, log: DecisionLog): PolicySet {
  let told = false;
  const decide = (input: PolicyInput): Decision => {
    const decision = set.decide(input);
    if (!log.on()) return decision;
    try {
      write(log.file, `${JSON.stringify(lineOf(decision, input))}\n`);
    } catch (error) {
      if (!told) log.notice(`the decision log can't be written: ${shorten(String(error), 200)}`);
      told = true;
    }
    return decision;
  };
  const { sources, builtins, problems, explain, query } = set;
  return {
    ...{ sources, builtins, problems, explain, query, decide },
    // worked out where somebody wants to know
    get digest() {
      return set.digest;
    },
    get gatesReads() {
      return set.gatesReads;
    },
  };
}

function lineOf(decision: Decision, input: PolicyInput): Json {
  const { id, allowed, reasons, policy, input: digest } = decision.explain();
  const spoke = reasons.map(({ verdict, rule, at, message }) => ({
    verdict,
    rule,
    at: shownPlace(at),
    message,
  }));
  return maskJson({
    ...{ v: 1, id, ts: input.now, action: input.action, command: input.command, allowed },
    ...{ reasons: spoke, policy, digest, input: input as unknown as Json },
  });
}

function write(file: string, line: string): void {
  makeDirectory(dirname(file));
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size + line.length > MOST_BYTES && size > 0) renameSync(file, `${file}.1`);
  appendFileSync(file, line, { mode: 0o600 });
}
