import { resolve } from 'node:path';
import { readBoundedFile } from '../kernel/bounded-file.ts';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import { isTrusted } from '../keys/index.ts';
import { type Entry, entryHolds } from '../ledger/index.ts';
import { type Reader, repositoryFacts } from '../operation/index.ts';
import type { PolicyInput } from '../policy/index.ts';
import { acceptedSigners } from './accepted.ts';
import { targetMembers } from './shapes.ts';

/** More than any input a policy is asked about. */
const MOST_BYTES = 16 * 1024 * 1024;

/** JSON of a file, or of standard input for `-`. */
export async function readJson(reader: Reader, file: string): Promise<Json> {
  let text: string;
  try {
    text =
      file === '-'
        ? (await reader.input(MOST_BYTES)).toString('utf8')
        : readBoundedFile(resolve(reader.cwd, file), MOST_BYTES).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new BitError('not-found', `there is no file ${printable(shorten(file))}`);
    }
    throw fromErrno(error, `can't read ${printable(shorten(file))}`);
  }
  if (text.length > MOST_BYTES)
    throw new BitError('usage', `${printable(shorten(file))} is larger than an input may be`);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const why = error instanceof Error ? shorten(error.message, 120) : '';
    const what = file === '-' ? 'standard input' : printable(shorten(file));
    throw new BitError('usage', `${what} is not JSON: ${printable(why)}`, {
      cause: error,
    });
  }
}

/** A given document as policy input: what it leaves out is empty. */
export function completeInput(reader: Reader, given: Json): PolicyInput {
  if (!isJsonObject(given)) throw new BitError('usage', 'the input is not a JSON object');
  const action = given['action'];
  if (typeof action !== 'string')
    throw new BitError('usage', 'the input names no action', { hint: 'add "action": "repo.commit"' });
  return { ...blank(reader, action), ...given } as PolicyInput;
}

/** The input this person's action would have here and now, but for what only the command itself knows. */
export async function inputFor(reader: Reader, action: string, args: JsonObject): Promise<PolicyInput> {
  const [who, repo, freeze] = await Promise.all([
    actorHere(reader),
    repositoryHere(reader),
    reader.freezes(),
  ]);
  return {
    ...blank(reader, action),
    ...who,
    repo,
    args,
    target: targetFrom(action, args),
    freeze: freeze as unknown as Json[],
  };
}

/** Of the arguments what the action's target has a member for; all of them for an action that isn't known. */
function targetFrom(action: string, args: JsonObject): JsonObject {
  const members = targetMembers(action);
  if (members === undefined) return args;
  return Object.fromEntries(Object.entries(args).filter(([name]) => members.has(name)));
}

/** A past action as its entry tells it; an entry of before it told everything, by the repository as it is now. */
export async function inputOf(reader: Reader, entry: Entry): Promise<PolicyInput> {
  const { action, command, args, target } = entry.payload ?? {};
  if (typeof action !== 'string') {
    throw new BitError(
      'not-found',
      `entry ${entry.entry_sha256.slice(0, 12)} (${entry.event}) holds no decision to explain`,
    );
  }
  const told = {
    action,
    command: typeof command === 'string' ? command : action,
    args: isJsonObject(args) ? args : {},
    actor: entry.actor,
    target: isJsonObject(target) ? target : {},
  };
  const policy = entry.payload?.['policy'];
  const facts = isJsonObject(policy) ? policy['facts'] : undefined;
  if (isJsonObject(facts)) return { ...blank(reader, action), ...told, now: entry.ts, ...facts };
  const [, name = '', email = ''] = /^(.*) <(.*)>$/.exec(entry.as ?? '') ?? [];
  const signers = acceptedSigners(reader.stateDirectory);
  const trusted = signers === undefined || isTrusted(signers, entry.actor, new Date(entry.ts));
  return {
    ...blank(reader, action),
    ...told,
    user: { name, email, has_contract_access: trusted },
    tx: { op: entry.op, parent: entry.parent, valid_blockchain_sig: true, irreversible: [], undoes: [] },
    repo: await repositoryHere(reader),
    now: entry.ts,
  };
}

function blank(reader: Reader, action: string): PolicyInput {
  return {
    ...{ action, command: action, args: {}, actor: '', user: {}, tx: {}, repo: {}, target: {} },
    ...{ token: null, config: {}, freeze: [], now: reader.now().toISOString() },
  };
}

/** Whose key is current, without making one. */
async function actorHere(reader: Reader): Promise<Pick<PolicyInput, 'actor' | 'user' | 'tx'>> {
  const actor = (await reader.keys.current()) ?? '';
  const signers = acceptedSigners(reader.stateDirectory);
  const inside = reader.repository !== undefined;
  const [name, email] = inside
    ? await Promise.all([reader.git.config('user.name'), reader.git.config('user.email')])
    : [];
  const head = reader.ledger.head();
  return {
    actor,
    user: {
      name: name ?? '',
      email: email ?? '',
      has_contract_access: signers === undefined || isTrusted(signers, actor, reader.now()),
    },
    tx: {
      parent: null,
      valid_blockchain_sig: head === undefined || entryHolds(head),
      irreversible: [],
      undoes: [],
    },
  };
}

async function repositoryHere(reader: Reader): Promise<JsonObject> {
  return repositoryFacts(reader.repository === undefined ? undefined : reader.git);
}
