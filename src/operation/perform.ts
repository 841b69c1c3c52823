import type { Freeze } from '../freeze/index.ts';
import { BitError } from '../kernel/errors.ts';
import { ulid } from '../kernel/ids.ts';
import { canonicalJson, type Json, type JsonObject } from '../kernel/json.ts';
import { maskJson, maskSecrets } from '../kernel/secrets.ts';
import type { Draft } from '../ledger/index.ts';
import { Decision, type PolicyInput, shownPlace } from '../policy/index.ts';
import { causeText } from './cause.ts';
import { endsOthers, frozenBy, underFreeze, underOwner } from './frozen.ts';
import { handOver } from './hand-over.ts';
import type { ActionRequest, Effect, Writer } from './index.ts';
import { policyInput, repositoryFacts } from './input.ts';
import { type Approved, liftableJson, liftableOf, liftedDecision, positionOf } from './lift.ts';
import { lockRepository } from './lock.ts';
import { runRecorded } from './run-recorded.ts';
import { vouchOf } from './vouch.ts';
import { gateWithin, written } from './within.ts';
import type { Identity, OperationWorld, TokenGate } from './world.ts';

/** Where a refusal of the token comes from, as a rule's refusal names its line. */
const TOKEN_PLACE = { path: 'BITHUB_TOKEN', line: 0, column: 0 };

export interface PerformOptions {
  /** Decide and describe, change and record nothing. */
  readonly dryRun?: boolean;
  /** Asked already: `--yes`. */
  readonly yes?: boolean;
  /** Operation this one runs inside of; it holds the lock already. */
  readonly parent?: string;
  /** That operation, or one around it, holds the repository's lock. */
  readonly held?: boolean;
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
  if (options.dryRun !== true && options.parent === undefined) await handOver(world, perform);
  const operation = ulid(world.reader.now().getTime());
  const parent = options.parent ?? world.parent ?? null;
  const asked = { ...request, action, event, args: maskJson(request.args) as JsonObject };
  const identity = await (options.dryRun === true ? world.onlooker() : world.identity());
  const token = request.token ?? (await world.token());
  await world.policyState.check();
  const freezes = await world.reader.freezes({
    undoing: effect.undoes ?? [],
    remember: options.dryRun !== true,
  });
  const acting = { operation, parent, identity, token, freezes };
  const facts = await policyInput(world, asked, effect, acting);
  const own = await keysOf(world, identity, freezes, action);
  const approved: Approved[] = [];
  let position: Json | undefined;
  const { decision, input: judgedInput } = await decideAll(facts, effect, async (input) => {
    const asked = underOwner(world.reader.policy.decide(input), endsOthers(freezes, input, own));
    if (asked.liftedByApproval) position ??= await positionOf(world.gitWriter, effect.touches, facts);
    const liftable = liftableOf(asked, input, position ?? null);
    const approvals = liftable && (await world.reader.approvals(liftable));
    if (approvals !== undefined) approved.push(...approvals);
    const judged = approvals === undefined ? asked : liftedDecision(asked);
    return narrowed(underFreeze(judged, frozenBy(freezes, input, effect.touches)), input, token);
  });
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
  const cause = options.parent === undefined ? await world.cause?.() : undefined;
  const judged = decision.explain();
  const preamble: JsonObject = {
    action,
    args: asked.args,
    command: asked.command,
    ...(cause === undefined ? {} : { cause: causeText(cause) }),
    policy: {
      id: judged.id,
      digest: judged.policy,
      ...(judged.builtins === undefined ? {} : { builtins: judged.builtins.map((one) => ({ ...one })) }),
      input: judged.input,
      facts: otherFacts(judgedInput, { ...asked, target: maskJson(effect.target) }),
      rules: judged.reasons.map((reason) => `${reason.rule} ${shownPlace(reason.at)}`),
    },
    summary: described.summary,
    target: maskJson(effect.target),
    ...(approved.length === 0 ? {} : { approvals: approved.map((one) => ({ ...one })) }),
  };
  if (!decision.allowed) {
    const liftable = liftableOf(decision, judgedInput, position ?? null);
    const denied = await world.ledger.append([
      draft('denied', {
        ...preamble,
        ...vouchOf(world),
        messages: judged.reasons.map((reason) => maskSecrets(reason.message)),
        ...(liftable === undefined ? {} : { approval: liftableJson(liftable) }),
      }),
    ]);
    world.mirror(written(denied));
    throw deniedError(action, decision, operation);
  }
  if (effect.confirm !== undefined && options.yes !== true) {
    if (!(await world.reader.ask.confirm(effect.confirm))) {
      throw new BitError('cancelled', 'declined; nothing was changed');
    }
  }
  const held = options.held ?? (world.parent !== undefined && world.free !== true);
  /** Nobody holds the repository's lock while it runs. */
  const free = effect.beside === true && !held;
  const nested: Writer['perform'] = async (inside, inner) => {
    // what runs long may have outlived the set that judged it
    if (effect.beside === true) world.policyState.renew();
    const performed = await perform(world, inside, inner, { parent: operation, yes: true, held: !free });
    if (performed.done === undefined) throw new Error('a nested operation was not performed');
    return performed.done.out;
  };
  const judge: Writer['judge'] = async (inside, inner) => {
    if (effect.beside === true) world.policyState.renew();
    return (await perform(world, inside, inner, { parent: operation, dryRun: true })).decision;
  };
  const lock =
    !held && effect.beside !== true && world.gitWriter !== undefined
      ? await lockRepository(world.reader.stateDirectory, {
          signal: world.reader.signal,
          onWait: () => world.reader.notice('waiting for another bit in this repository …'),
        })
      : undefined;
  try {
    if (!held && !world.policyState.unchanged()) {
      throw new BitError('changed', 'another set of policies was accepted meanwhile; nothing was changed', {
        hint: 'run it again: the set in force now judges it',
      });
    }
    if (approved.length > 0) await refuseMoved(world, effect, facts, position ?? null);
    const outermost = !held;
    const recording = {
      operation,
      parent,
      outermost,
      free,
      identity,
      preamble,
      draft,
      nested,
      judge,
      gate: gateWithin(world, { operation, identity, token }, narrowed),
      approved,
      cause,
    };
    return { ...described, done: await runRecorded(world, effect, recording) };
  } finally {
    lock?.release();
  }
}

/** The action itself, what it amounts to and every inverse it stands for; the first that is denied speaks. */
async function decideAll<Out extends object>(
  facts: PolicyInput,
  effect: Effect<Out>,
  decide: (input: PolicyInput) => Promise<Decision>,
): Promise<{ readonly decision: Decision; readonly input: PolicyInput }> {
  const decision = await decide(facts);
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
    const judged = await decide(input);
    if (!judged.allowed) return { decision: judged, input };
  }
  return { decision, input: facts };
}

/** What was approved is what is done: nothing was put in its place since it was looked at. */
async function refuseMoved<Out extends object>(
  world: OperationWorld,
  effect: Effect<Out>,
  facts: PolicyInput,
  position: Json,
): Promise<void> {
  const repo = await repositoryFacts(world.gitWriter);
  const now = await positionOf(world.gitWriter, effect.touches, { ...facts, repo });
  if (canonicalJson(now) === canonicalJson(position)) return;
  throw new BitError('changed', 'what was approved changed meanwhile; nothing was done');
}

/** What was judged beside what the entry tells anyway, so that the decision can be gone over again. Masked. */
function otherFacts(input: PolicyInput, told: { readonly [name: string]: unknown }): JsonObject {
  const others = Object.entries(input).filter(
    ([name, value]) => name !== 'actor' && JSON.stringify(value) !== JSON.stringify(told[name]),
  );
  return maskJson(Object.fromEntries(others) as JsonObject) as JsonObject;
}

/** All keys of who acts, where that makes a difference: a freeze stands, and is to end. */
async function keysOf(
  world: OperationWorld,
  { publicKey }: Identity,
  freezes: readonly Freeze[],
  action: string,
): Promise<ReadonlySet<string>> {
  if (freezes.length === 0 || action !== 'freeze.set') return new Set([publicKey]);
  return new Set([publicKey, ...(await world.keys.list()).map((key) => key.publicKey)]);
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

/** `operation`: the recorded denial, which an approval can be asked for. */
export function deniedError(action: string, decision: Decision, operation?: string): BitError {
  const { id, reasons, policy } = decision.explain();
  const [first] = reasons;
  const more = reasons.length > 1 ? ` (and ${reasons.length - 1} more)` : '';
  const message = first === undefined ? 'a policy denied it' : `${first.message}${more}`;
  const where = first === undefined ? '' : ` [${first.rule} ${shownPlace(first.at)}]`;
  return new BitError('denied', `${action} is denied: ${message}${where}`, {
    hint: decision.liftedByApproval
      ? `an approval would lift this; ask for it with: bit approval request${operation === undefined ? '' : ` ${operation}`}`
      : 'see why with: bit policy check --explain',
    details: { action, decision: id, reasons: reasons as unknown as Json, policy },
  });
}
