import { hostname } from 'node:os';
import type { GitWriter, Oid, RefName } from '../git/index.ts';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { ulid } from '../kernel/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { maskJson, maskSecrets } from '../kernel/secrets.ts';
import type { Appended, Draft, Entry, Ledger, LedgerReader } from '../ledger/index.ts';
import { Decision, type PolicyInput } from '../policy/index.ts';
import { captureImage, type Image, imageToJson, OWN_REFS, pinImage, pinLost, readRefs } from './image.ts';
import type { ActionRequest, Effect, Touches, Writer } from './index.ts';
import { policyInput } from './input.ts';
import { lockRepository } from './lock.ts';
import { movedRefs, movesNote, movesToJson, type RefMove, readSeenRefs, seenRefsState } from './moves.ts';
import { claimedBy } from './records.ts';
import { restoreImage } from './restore.ts';
import type { Adoption, Identity, OperationWorld, TokenGate } from './world.ts';

/** Where a refusal of the token comes from, as a rule's refusal names its line. */
const TOKEN_PLACE = { path: 'BITHUB_TOKEN', line: 1, column: 1 };

export interface PerformOptions {
  /** Decide and describe, change and record nothing. */
  readonly dryRun?: boolean;
  /** Asked already: `--yes`. */
  readonly yes?: boolean;
  /** Operation this one runs inside of; it holds the lock already. */
  readonly parent?: string;
}

export interface Performed<Out> {
  readonly decision: Decision;
  readonly action: string;
  readonly event: string;
  readonly summary: string;
  readonly plan: readonly string[];
  /** Undefined under `dryRun`. */
  readonly done: { readonly operation: string; readonly entry: string; readonly out: Out } | undefined;
}

/**
 * Policy decision → durable signed intent → run → durable signed outcome.
 *
 * @throws BitError `denied` (recorded) with the rule's own message; `cancelled` when declined or interrupted, with
 *   everything put back; whatever the effect throws, after its failed outcome is recorded
 */
export async function perform<Out extends object>(
  world: OperationWorld,
  request: ActionRequest,
  effect: Effect<Out>,
  options: PerformOptions = {},
): Promise<Performed<Out>> {
  const action = effect.action ?? request.action;
  const event = effect.event ?? request.event;
  const operation = ulid(world.reader.now().getTime());
  const parent = options.parent ?? world.parent ?? null;
  const asked = { ...request, action, event, args: maskJson(request.args) as JsonObject };
  const identity = await (options.dryRun === true ? world.onlooker() : world.identity());
  const token = await world.token();
  const facts = await policyInput(world, asked, effect, { operation, parent, identity, token });
  const { decision, input: judgedInput } = decideAll(facts, effect, (input) =>
    narrowed(world.reader.policy.decide(input), input, token),
  );
  const described = {
    decision,
    action,
    event,
    summary: maskSecrets(effect.summary),
    plan: effect.plan.map(maskSecrets),
  };
  if (options.dryRun === true) return { ...described, done: undefined };

  const draft = (phase: Draft['phase'], payload: JsonObject): Draft => ({
    event,
    phase,
    op: operation,
    parent,
    as: identity.as,
    payload,
  });
  const judged = decision.explain();
  const preamble: JsonObject = {
    action,
    args: asked.args,
    command: asked.command,
    policy: {
      id: judged.id,
      digest: judged.policy,
      input: judged.input,
      facts: otherFacts(judgedInput, { ...asked, target: maskJson(effect.target) }),
      rules: judged.reasons.map((reason) => `${reason.rule} ${reason.at.path}:${reason.at.line}`),
    },
    summary: described.summary,
    target: maskJson(effect.target),
  };
  if (!decision.allowed) {
    const denied = await world.ledger.append([
      draft('denied', {
        ...preamble,
        messages: judged.reasons.map((reason) => maskSecrets(reason.message)),
      }),
    ]);
    world.mirror(written(denied));
    throw deniedError(action, decision);
  }
  if (effect.confirm !== undefined && options.yes !== true) {
    if (!(await world.reader.ask.confirm(effect.confirm))) {
      throw new BitError('cancelled', 'declined; nothing was changed');
    }
  }
  const lock =
    parent === null && world.gitWriter !== undefined
      ? await lockRepository(world.reader.stateDirectory, {
          signal: world.reader.signal,
          onWait: () => world.reader.notice('waiting for another bit in this repository …'),
        })
      : undefined;
  try {
    return {
      ...described,
      done: await runRecorded(world, effect, { operation, parent, identity, preamble, draft }),
    };
  } finally {
    lock?.release();
  }
}

/** The action itself, what it amounts to and every inverse it stands for; the first that is denied speaks. */
function decideAll<Out extends object>(
  facts: PolicyInput,
  effect: Effect<Out>,
  decide: (input: PolicyInput) => Decision,
): { readonly decision: Decision; readonly input: PolicyInput } {
  const decision = decide(facts);
  if (!decision.allowed) return { decision, input: facts };
  const further: PolicyInput[] = [
    ...(effect.amountsTo ?? []).map(({ args, target, ...named }) => ({
      ...facts,
      ...named,
      args: maskJson(args) as JsonObject,
      target: maskJson(target) as JsonObject,
    })),
    ...(effect.inverses ?? []).map(({ op, action, target }) => ({
      ...facts,
      action,
      target: { ...target, undoes: op },
    })),
  ];
  for (const input of further) {
    const judged = decide(input);
    if (!judged.allowed) return { decision: judged, input };
  }
  return { decision, input: facts };
}

/** What was judged beside what the entry tells anyway, so that the decision can be gone over again. Masked. */
function otherFacts(input: PolicyInput, told: { readonly [name: string]: unknown }): JsonObject {
  const others = Object.entries(input).filter(
    ([name, value]) => name !== 'actor' && JSON.stringify(value) !== JSON.stringify(told[name]),
  );
  return maskJson(Object.fromEntries(others) as JsonObject) as JsonObject;
}

/** What the policy allows, the token presented may still not carry. */
function narrowed(decision: Decision, { action }: PolicyInput, token: TokenGate | undefined): Decision {
  const message = decision.allowed ? token?.refuses(action) : undefined;
  if (message === undefined) return decision;
  return new Decision({ allowed: false, lifted: false }, () => ({
    ...decision.explain(),
    allowed: false,
    reasons: [{ verdict: 'deny', rule: 'token', at: TOKEN_PLACE, message }],
  }));
}

interface Recording {
  readonly operation: string;
  readonly parent: string | null;
  readonly identity: Identity;
  readonly preamble: JsonObject;
  readonly draft: (phase: Draft['phase'], payload: JsonObject) => Draft;
}

async function runRecorded<Out extends object>(
  world: OperationWorld,
  effect: Effect<Out>,
  recording: Recording,
): Promise<{ operation: string; entry: string; out: Out }> {
  const { operation, preamble, draft } = recording;
  const { ledger, gitWriter: git } = world;
  const started = world.reader.now().getTime();
  // first, so that the before-image holds what was adopted: undoing must not leave a clone without a set in force
  const adopted = recording.parent === null ? world.adoptPolicy() : undefined;
  const before = await captureBefore(world, effect, recording);
  const note = before === undefined ? undefined : noteMoves(world, before.refs, recording);
  const intents = await ledger.append(
    [
      ...(adopted === undefined ? [] : [adoptionNote(adopted, world, recording)]),
      ...(note === undefined ? [] : [note]),
      draft('intent', {
        ...preamble,
        process: { pid: process.pid, host: hostname() },
        ...(before === undefined
          ? {}
          : { before: imageToJson(before.image), touches: declarationOf(effect.touches) }),
        ...(effect.irreversible === undefined ? {} : { irreversible: effect.irreversible.map(maskSecrets) }),
        ...(effect.undoes === undefined ? {} : { undoes: effect.undoes }),
      }),
    ],
    (reader: LedgerReader) => refuseClaimed(reader, effect.undoes ?? []),
  );

  let out: Out | undefined;
  let failure: unknown;
  try {
    out = await effect.run(writerFor(world, recording, await world.gitFor(operation)));
  } catch (error) {
    failure = fromErrno(error, effect.summary);
  }
  let after = await captureAfter(world, effect, operation, before);
  let restored = false;
  if (
    failure !== undefined &&
    world.reader.signal.aborted &&
    git !== undefined &&
    before !== undefined &&
    after !== undefined
  ) {
    if (JSON.stringify(after.image) !== JSON.stringify(before.image)) {
      await restoreImage({
        git,
        stateDirectory: world.reader.stateDirectory,
        operation,
        from: after.image,
        to: before.image,
      });
      restored = true;
      after = await captureAfter(world, effect, operation, before);
    }
    failure = new BitError('cancelled', 'interrupted; everything is as it was before', { cause: failure });
  }
  const outcomes = await ledger.append(
    [
      draft('outcome', {
        ok: failure === undefined,
        milliseconds: world.reader.now().getTime() - started,
        ...(after === undefined ? {} : { after: imageToJson(after.image), moved: movesToJson(after.moved) }),
        ...(failure === undefined ? {} : { error: errorFacts(failure) }),
        ...(restored ? { restored } : {}),
        ...(out === undefined || effect.record === undefined ? {} : { result: maskJson(effect.record(out)) }),
      }),
    ],
    undefined,
    after === undefined ? {} : { state: seenRefsState(after.refs) },
  );
  world.mirror([...written(intents), ...written(outcomes)]);
  const outcome = outcomes.entries[0];
  if (recording.parent === null && outcome !== undefined) {
    const { event, op, ts, as } = outcome;
    world.onOutcome({ event, op, ok: failure === undefined, summary: String(preamble['summary']), ts, as });
  }
  if (failure !== undefined) throw failure;
  return { operation, entry: outcome?.entry_sha256 ?? '', out: out as Out };
}

/** The refs it names stand in the before-image. */
function declarationOf(touches: Touches): JsonObject {
  return { refs: touches.refs === 'all' ? 'all' : 'named', head: touches.head === true };
}

function written({ entries, forked }: Appended): readonly Entry[] {
  return forked === undefined ? entries : [forked, ...entries];
}

interface Captured {
  readonly image: Image;
  readonly refs: ReadonlyMap<RefName, Oid>;
  /** What differs from the reading before. */
  readonly moved: readonly RefMove[];
}

async function captureBefore<Out extends object>(
  world: OperationWorld,
  effect: Effect<Out>,
  recording: Recording,
): Promise<Captured | undefined> {
  const git = world.gitWriter;
  if (git === undefined) return undefined;
  const refs = await readRefs(git);
  const image = await captureImage({
    git,
    touches: effect.touches,
    stateDirectory: world.reader.stateDirectory,
    operation: recording.operation,
    refs,
    keepFiles: true,
  });
  await pinImage(git, recording.operation, image, effect.touches);
  return { image, refs, moved: [] };
}

/** The same members as the before-image, and every ref that moved whether it was declared or not. */
async function captureAfter<Out extends object>(
  world: OperationWorld,
  effect: Effect<Out>,
  operation: string,
  before: Captured | undefined,
): Promise<Captured | undefined> {
  const git = world.gitWriter;
  if (git === undefined || before === undefined) return undefined;
  const refs = await readRefs(git);
  const moved = movedRefs(before.refs, refs);
  const { touches } = effect;
  const declared = new Set(touches.refs === 'all' ? (touches.rewrites ? refs.keys() : []) : touches.refs);
  await pinLost(
    git,
    operation,
    moved.filter((move) => !declared.has(move.ref)),
  );
  const image = await captureImage({
    git,
    touches: { ...touches, refs: Object.keys(before.image.refs) },
    stateDirectory: world.reader.stateDirectory,
    operation,
    refs,
    also: moved.map((move) => move.ref),
    keepFiles: true,
  });
  return { image, refs, moved };
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
  if (recording.parent !== null) return undefined;
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
  const own = {
    operation,
    keys,
    runBit: (words: readonly string[]) => world.runBit(words, operation),
    keep: {
      receive: (...given: Parameters<Ledger['receive']>) => world.ledger.receive(...given),
      withhold: (...given: Parameters<Ledger['withhold']>) => world.ledger.withhold(...given),
    },
    closeIntent: async (intent: Entry, payload: JsonObject): Promise<void> => {
      const { event, op, parent } = intent;
      await world.ledger.append([
        { event, op, parent, phase: 'outcome', as: recording.identity.as, payload },
      ]);
    },
    perform: async <Inner extends object>(request: ActionRequest, inner: Effect<Inner>): Promise<Inner> => {
      const performed = await perform(world, request, inner, { parent: operation, yes: true });
      if (performed.done === undefined) throw new Error('a nested operation was not performed');
      return performed.done.out;
    },
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

export function deniedError(action: string, decision: Decision): BitError {
  const { id, reasons, policy } = decision.explain();
  const [first] = reasons;
  const more = reasons.length > 1 ? ` (and ${reasons.length - 1} more)` : '';
  const message = first === undefined ? 'a policy denied it' : `${first.message}${more}`;
  const where = first === undefined ? '' : ` [${first.rule} ${first.at.path}:${first.at.line}]`;
  return new BitError('denied', `${action} is denied: ${message}${where}`, {
    hint: decision.liftedByApproval
      ? 'an approval would lift this; see it with: bit policy check --explain'
      : 'see why with: bit policy check --explain',
    details: { action, decision: id, reasons: reasons as unknown as Json, policy },
  });
}

function errorFacts(failure: unknown): JsonObject {
  if (failure instanceof BitError)
    return { code: failure.code, message: maskSecrets(failure.message).slice(0, 2000) };
  const message = failure instanceof Error ? failure.message : String(failure);
  return { code: 'internal', message: maskSecrets(message).slice(0, 2000) };
}

/** Names in `refs/bithub/keep/` of one operation. */
export function keepPrefix(operation: string): string {
  return `${OWN_REFS}keep/${operation}/`;
}

export function payloadObject(payload: JsonObject | undefined, member: string): JsonObject {
  const value = payload?.[member];
  return isJsonObject(value) ? value : {};
}
