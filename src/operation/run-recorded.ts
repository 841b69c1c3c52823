import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GitWriter, Oid, RefName } from '../git/index.ts';
import { BitError, fromErrno, isBitError } from '../kernel/errors.ts';
import { ulid } from '../kernel/ids.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { maskJson, maskSecrets } from '../kernel/secrets.ts';
import type { Appended, Draft, Entry, Ledger, LedgerReader } from '../ledger/index.ts';
import { type Captured, captureAfter, captureBefore } from './captured.ts';
import { type Cause, causeState, refuseRepeated } from './cause.ts';
import { imageToJson } from './image.ts';
import { dropNewState } from './in-progress.ts';
import type { Effect, RunBit, Touches, Writer } from './index.ts';
import { type Approved, refuseUsed } from './lift.ts';
import { movedRefs, movesNote, movesToJson, readSeenRefs, seenRefsState } from './moves.ts';
import { claimedBy } from './records.ts';
import { restoreImage } from './restore.ts';
import { newVouch, vouchOf } from './vouch.ts';
import { noteWithin, written } from './within.ts';
import type { Adoption, Identity, OperationWorld, OutcomeEvent } from './world.ts';

export interface Recording {
  readonly operation: string;
  readonly parent: string | null;
  /** No operation around it holds the lock: what plain git did before is its to note. */
  readonly outermost: boolean;
  /** What runs inside takes the lock itself. */
  readonly free: boolean;
  readonly identity: Identity;
  readonly preamble: JsonObject;
  readonly draft: (phase: Draft['phase'], payload: JsonObject) => Draft;
  /** {@link Writer.perform}. */
  readonly nested: Writer['perform'];
  readonly judge: Writer['judge'];
  readonly gate: Writer['gate'];
  /** Approvals it uses up. */
  readonly approved: readonly Approved[];
  /** It begins once under this. */
  readonly cause: Cause | undefined;
}

/** Durable signed intent → run → durable signed outcome. What Ctrl-C stopped is put back before its outcome. */
export async function runRecorded<Out extends object>(
  world: OperationWorld,
  effect: Effect<Out>,
  recording: Recording,
): Promise<{ operation: string; entry: string; out: Out }> {
  const { operation, preamble, draft } = recording;
  const { ledger } = world;
  const started = world.reader.now().getTime();
  // first, so that the before-image holds what was adopted: undoing must not leave a clone without a set in force
  const adopted = recording.outermost ? world.adoptPolicy() : undefined;
  const before = await captureBefore(world, effect, recording.operation);
  const note = before === undefined ? undefined : noteMoves(world, before.refs, recording);
  if (isStopped(world, effect)) throw new BitError('cancelled', 'interrupted; nothing was changed');
  const intents = await ledger.append(
    [
      ...(adopted === undefined ? [] : [adoptionNote(adopted, world, recording)]),
      ...(note === undefined ? [] : [note]),
      draft('intent', {
        ...preamble,
        ...vouchOf(world),
        process: { pid: process.pid, host: hostname() },
        ...(before === undefined
          ? {}
          : { before: imageToJson(before.image), touches: declarationOf(effect.touches) }),
        ...(effect.irreversible === undefined ? {} : { irreversible: effect.irreversible.map(maskSecrets) }),
        ...(effect.undoes === undefined ? {} : { undoes: effect.undoes }),
      }),
    ],
    (reader: LedgerReader) => {
      refuseClaimed(reader, effect.undoes ?? []);
      refuseUsed(reader, recording.approved);
      if (recording.cause !== undefined) refuseRepeated(reader, recording.cause);
    },
    {
      state: {
        ...(ledger.readState(world.policyState.name) === undefined ? policyState(world) : {}),
        ...(recording.cause === undefined ? {} : causeState(ledger, recording.cause, operation)),
      },
    },
  );
  const { out, failure: failed } = await attempt(world, effect, recording);
  const said = out === undefined ? undefined : effect.failed?.(out);
  const badly = said === undefined ? undefined : new BitError('failed', said);
  const { failure, outcomes } = await conclude();
  world.mirror([...written(intents), ...written(outcomes)]);
  const outcome = outcomes.entries[0];
  if (recording.parent === null && outcome !== undefined) {
    const { event, op, ts, as } = outcome;
    const ok = failure === undefined && badly === undefined;
    world.onOutcome({ event, op, ok, summary: String(preamble['summary']), ts, as });
  }
  if (failure !== undefined) throw failure;
  return { operation, entry: outcome?.entry_sha256 ?? '', out: out as Out };

  async function conclude(): Promise<{ failure: unknown; outcomes: Appended }> {
    const mayAccept = effect.touches.files?.includes(world.policyState.file) === true;
    try {
      const ended = await settle(world, { effect, operation, before, failed });
      const { after } = ended;
      const verdict = ended.failure ?? (out === undefined ? undefined : (effect.failure?.(out) ?? badly));
      const payload = {
        ok: verdict === undefined,
        milliseconds: world.reader.now().getTime() - started,
        ...(after === undefined ? {} : { after: imageToJson(after.image), moved: movesToJson(after.moved) }),
        ...(verdict === undefined ? {} : { error: errorFacts(verdict) }),
        ...(ended.restored ? { restored: true } : {}),
        ...(out === undefined || effect.record === undefined ? {} : { result: maskJson(effect.record(out)) }),
        ...(mayAccept ? newVouch(world) : {}),
      };
      const state = {
        ...(after === undefined || world.gitWriter === undefined ? {} : seenRefsState(after.refs)),
        ...(mayAccept ? policyState(world) : {}),
      };
      const outcomes = await ledger.append([draft('outcome', payload)], undefined, { state });
      return { failure: verdict === badly ? undefined : verdict, outcomes };
    } catch (error) {
      throw unrecorded(error, failed, String(preamble['summary']));
    }
  }
}

/** The work is done, or has failed, and the ledger could not be told. Its intent stays open. */
function unrecorded(error: unknown, failed: unknown, summary: string): unknown {
  const mapped = fromErrno(error, 'cannot record the outcome');
  if (!(mapped instanceof BitError)) return error;
  const did =
    failed === undefined ? 'was done' : `failed (${failed instanceof Error ? failed.message : failed})`;
  return new BitError(
    mapped.code,
    `${summary}: ${did}, and its outcome was not recorded: ${mapped.message}`,
    {
      cause: error,
      hint: 'put right what is said there, then: bit repair',
      details: mapped.details,
    },
  );
}

/** What git's port says of a child that Ctrl-C ended. */
const GENERIC = 'interrupted';

function isStopped<Out extends object>(world: OperationWorld, effect: Effect<Out>): boolean {
  return world.reader.signal.aborted && effect.uninterrupted !== true;
}

/** Ctrl-C in a terminal ends git and reaches us: its end may be seen first. */
const SIGNAL_DELAY = 50;

async function attempt<Out extends object>(
  world: OperationWorld,
  effect: Effect<Out>,
  recording: Recording,
): Promise<{ readonly out: Out | undefined; readonly failure: unknown }> {
  try {
    const git = await world.gitFor(recording.operation);
    if (isStopped(world, effect)) throw new BitError('cancelled', GENERIC);
    return { out: await effect.run(writerFor(world, recording, git)), failure: undefined };
  } catch (error) {
    const failure = fromErrno(error, effect.summary);
    const ended = isBitError(failure) ? failure.details['exitCode'] : undefined;
    if (ended === 129 || ended === 130 || ended === 143) await sleep(SIGNAL_DELAY);
    return { out: undefined, failure };
  }
}

interface Ended<Out extends object> {
  readonly effect: Effect<Out>;
  readonly operation: string;
  readonly before: Captured | undefined;
  readonly failed: unknown;
}

/** How things stand after the effect; after an interrupted one, once they were put back. */
async function settle<Out extends object>(
  world: OperationWorld,
  { effect, operation, before, failed }: Ended<Out>,
): Promise<{ after: Captured | undefined; failure: unknown; restored: boolean }> {
  const after = await captureAfter(world, effect, operation, before);
  if (failed === undefined || !isStopped(world, effect)) return { after, failure: failed, restored: false };
  const { gitWriter: git } = world;
  if (before === undefined || after === undefined) {
    const failure = isBitError(failed, 'cancelled')
      ? failed
      : new BitError('cancelled', 'interrupted', { cause: failed });
    return { after, failure, restored: false };
  }
  const { stateDirectory } = world.reader;
  // a script says for itself what stands of what ran inside it
  const said = isBitError(failed, 'cancelled') && failed.message !== GENERIC ? failed : undefined;
  let failure =
    said ?? new BitError('cancelled', 'interrupted; everything is as it was before', { cause: failed });
  const moved = JSON.stringify(after.image) !== JSON.stringify(before.image);
  try {
    const from = after.image;
    if (moved) await restoreImage({ git, stateDirectory, operation, from, to: before.image, own: true });
    if (git !== undefined) dropNewState(git.paths.gitDir, before.state);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    failure = new BitError('cancelled', `interrupted, and not everything could be put back: ${why}`, {
      cause: failed,
      hint: 'see what stands with: bit status; go back with: bit undo',
    });
  }
  return { after: await captureAfter(world, effect, operation, before), failure, restored: moved };
}

/** What an action may have put in force; only those that say they touch its file do. */
function policyState({ policyState: { name, digest } }: OperationWorld): Record<string, string> {
  return { [name]: digest() ?? '' };
}

/** The refs it names stand in the before-image. */
function declarationOf(touches: Touches): JsonObject {
  return { refs: touches.refs === 'all' ? 'all' : 'named', head: touches.head === true };
}

function adoptionNote(adopted: Adoption, world: OperationWorld, recording: Recording): Draft {
  const op = ulid(world.reader.now().getTime());
  return { ...adopted, phase: 'note', op, parent: null, as: recording.identity.as };
}

/** Plain git is used beside `bit` all day: what it moved since the last operation becomes a note, never damage. */
function noteMoves(
  world: OperationWorld,
  refs: ReadonlyMap<RefName, Oid>,
  recording: Recording,
): Draft | undefined {
  if (!recording.outermost) return undefined;
  const seen = readSeenRefs(world.ledger);
  if (seen === undefined) return undefined;
  const moves = movedRefs(seen, refs);
  return moves.length === 0
    ? undefined
    : movesNote(moves, { op: ulid(world.reader.now().getTime()), as: recording.identity.as });
}

function writerFor(world: OperationWorld, recording: Recording, git: GitWriter | undefined): Writer {
  const { reader, keys } = world;
  const { operation } = recording;
  const inside = {
    [recording.free ? 'BIT_RUN_OPERATION' : 'BIT_OPERATION']: operation,
    // of this operation, not of those inside it
    ...((reader.env['BIT_CAUSE'] ?? '') === '' ? {} : { BIT_CAUSE: '' }),
  };
  const own = {
    operation,
    keys,
    inside,
    runBit: (words: readonly string[], options?: RunBit) => world.runBit(words, inside, options),
    keep: {
      receive: (...given: Parameters<Ledger['receive']>) => world.ledger.receive(...given),
      withhold: (...given: Parameters<Ledger['withhold']>) => world.ledger.withhold(...given),
    },
    closeIntent: async (intent: Entry, payload: JsonObject): Promise<void> => {
      const { event, op, parent } = intent;
      const before = intent.payload?.['before'];
      const files = isJsonObject(before) ? before['files'] : undefined;
      const touched = isJsonObject(files) && Object.hasOwn(files, world.policyState.file);
      await world.ledger.append(
        [
          {
            ...{ event, op, parent, phase: 'outcome', as: recording.identity.as },
            payload: { ...payload, ...(touched ? newVouch(world) : {}) },
          },
        ],
        undefined,
        { state: touched ? policyState(world) : {} },
      );
    },
    tell: async (event: OutcomeEvent): Promise<void> => world.tell?.(event),
    perform: recording.nested,
    judge: recording.judge,
    gate: recording.gate,
    note: noteWithin(world, { operation, identity: recording.identity }),
  };
  return new Proxy(reader, {
    get(target, name) {
      if (name === 'git' && git !== undefined) return git;
      if (name in own) return own[name as keyof typeof own];
      return Reflect.get(target, name, target);
    },
  }) as Writer;
}

function refuseClaimed(reader: LedgerReader, undoes: readonly string[]): void {
  for (const op of undoes) {
    const claim = claimedBy(reader, op);
    if (claim !== undefined) {
      throw new BitError('changed', `operation ${op} was taken back by ${claim} already`, {
        details: { op, claim },
      });
    }
  }
}

function errorFacts(failure: unknown): JsonObject {
  if (failure instanceof BitError)
    return { code: failure.code, message: maskSecrets(failure.message).slice(0, 2000) };
  const message = failure instanceof Error ? failure.message : String(failure);
  return { code: 'internal', message: maskSecrets(message).slice(0, 2000) };
}
