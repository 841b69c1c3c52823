import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Entry } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import type { BuiltinOrigin, CommandShape, Judgement, PolicyInput, TraceLine } from '../policy/index.ts';
import { completeInput, inputFor, inputOf, readJson } from './sample.ts';
import { commandShapes, targetMembers } from './shapes.ts';
import { compileSet, findByDigest, findSet, type NamedSet } from './which.ts';

export interface ExplainQuestion {
  /** File with the input, `-` for standard input. */
  readonly input: string | undefined;
  readonly action: string | undefined;
  /** `name=value`; the value as JSON where it is JSON, else as text. */
  readonly args: readonly string[];
  /** Beginning of an entry's SHA-256; with none of the three, the last denial. */
  readonly entry: string | undefined;
  /** The tree's policies, not the set in force. */
  readonly tree: boolean;
}

export interface Explanation {
  readonly set: NamedSet['from'];
  readonly digest: string;
  readonly input: PolicyInput;
  readonly decision: Judgement;
  readonly trace: readonly TraceLine[];
  /** The past decision that is explained again, or null. */
  readonly past: {
    readonly entry: string;
    readonly ts: string;
    readonly event: string;
    /** Id of the decision; null in entries of before decisions had one. */
    readonly decision: string | null;
    readonly allowed: boolean;
    /** Whether the same policies judged the same input then; else the answer may differ. */
    readonly samePolicy: boolean;
    readonly sameInput: boolean;
    readonly messages: readonly string[];
  } | null;
}

/** Why a decision goes as it does: the rules that spoke, what stopped the others, and the trace. */
export async function explainDecision(reader: Reader, question: ExplainQuestion): Promise<Explanation> {
  const entry =
    question.input === undefined && question.action === undefined
      ? findEntry(reader, question.entry)
      : undefined;
  const then = entry === undefined || question.tree ? undefined : findByDigest(reader, digestIn(entry));
  const set = then ?? findSet(reader, question.tree ? 'tree' : 'force');
  if (set === undefined) throw new Error('some set is always in force');
  const input = await inputFrom(reader, question, entry);
  const compiled = compileSet(set, reader);
  const { decision: decided, trace } = compiled.explain(input);
  const decision = decided.explain();
  if (entry !== undefined) noticeOthers(reader, entry, compiled.builtins);
  const explained = { set: set.from, digest: compiled.digest, input, decision, trace };
  return { ...explained, past: entry === undefined ? null : pastOf(entry, decision) };
}

async function inputFrom(
  reader: Reader,
  question: ExplainQuestion,
  entry: Entry | undefined,
): Promise<PolicyInput> {
  const { input, action } = question;
  if (input !== undefined && (action !== undefined || question.entry !== undefined)) {
    throw new BitError('usage', '--input is the whole input: say no --action or --entry with it');
  }
  if (action !== undefined && question.entry !== undefined)
    throw new BitError('usage', 'say --action or --entry, not both');
  if (input !== undefined) return completeInput(reader, await readJson(reader, input));
  if (entry !== undefined) return inputOf(reader, entry);
  const args = parseArgs(question.args);
  noticeUnknown(reader, action ?? '', args);
  return inputFor(reader, action ?? '', args);
}

/** A misspelt name would be explained as if it were meant. */
function noticeUnknown(reader: Reader, action: string, args: JsonObject): void {
  const shapes = commandShapes();
  const nameOf = ({ action: name, command }: CommandShape): string => name ?? `read.${command}`;
  const about = shapes.filter((shape) => nameOf(shape) === action);
  const say = (what: string, name: string, known: Iterable<string>): void => {
    const [near] = nearest(name, known, 1);
    reader.notice(`note: ${what} ${printable(name)}${near === undefined ? '' : `; did you mean ${near}?`}`);
  };
  if (shapes.length === 0) return;
  if (about.length === 0) {
    say('no command asks as the action', action, new Set(shapes.map(nameOf)));
    return;
  }
  const told = targetMembers(action) ?? [];
  const names = new Set([...about.flatMap((shape) => Object.keys(shape.args)), ...told]);
  for (const name of Object.keys(args))
    if (name !== 'rest' && !names.has(name))
      say(`no command of ${action} has an argument or flag`, name, names);
}

function findEntry(reader: Reader, prefix: string | undefined): Entry {
  if (prefix !== undefined) {
    const found = reader.ledger.entry(prefix);
    if (found === undefined)
      throw new BitError('not-found', `the ledger has no entry ${printable(shorten(prefix, 70))}`);
    return found.phase === 'outcome' ? intentOf(reader, found) : found;
  }
  const [denied] = reader.ledger.entries({ phase: 'denied', newestFirst: true, limit: 1 });
  if (denied !== undefined) return denied;
  throw new BitError('not-found', 'the ledger holds no denial to explain', {
    hint: 'ask about an action: bit policy check --explain --action repo.commit --arg message=x',
  });
}

/** The decision stands in the intent. */
function intentOf(reader: Reader, outcome: Entry): Entry {
  const [intent] = reader.ledger.entries({ op: outcome.op, chain: outcome.chain, phase: 'intent', limit: 1 });
  return intent ?? outcome;
}

function policyIn(entry: Entry): JsonObject {
  const policy = entry.payload?.['policy'];
  return isJsonObject(policy) ? policy : {};
}

/** Whose builtins decided then, where those of now are not the same: an answer may then be another. */
function noticeOthers(reader: Reader, entry: Entry, now: readonly BuiltinOrigin[]): void {
  const { builtins } = policyIn(entry);
  for (const one of Array.isArray(builtins) ? (builtins as readonly Json[]) : []) {
    const { plugin, version, digest } = isJsonObject(one) ? one : {};
    if (now.some((other) => other.plugin === plugin && other.digest === digest)) continue;
    const what = printable(shorten(`${String(plugin)} ${String(version)}`, 200));
    reader.notice(
      `note: ${what} had a say in it, and is not what is installed and trusted: its answer may have been another`,
    );
  }
}

function digestIn(entry: Entry): string {
  const { digest } = policyIn(entry);
  return typeof digest === 'string' ? digest : '';
}

function pastOf(entry: Entry, decision: Judgement): Explanation['past'] {
  const policy = policyIn(entry);
  const messages = entry.payload?.['messages'];
  return {
    entry: entry.entry_sha256,
    ts: entry.ts,
    event: entry.event,
    decision: typeof policy['id'] === 'string' ? policy['id'] : null,
    allowed: entry.phase !== 'denied',
    samePolicy: policy['digest'] === decision.policy,
    sameInput: policy['input'] === decision.input,
    messages: Array.isArray(messages) ? messages.map(String) : [],
  };
}

function parseArgs(args: readonly string[]): JsonObject {
  const parsed: Record<string, Json> = {};
  for (const arg of args) {
    const equals = arg.indexOf('=');
    if (equals < 1) throw new BitError('usage', `--arg ${printable(shorten(arg))}: write name=value`);
    parsed[arg.slice(0, equals)] = parseValue(arg.slice(equals + 1));
  }
  return parsed;
}

function parseValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
