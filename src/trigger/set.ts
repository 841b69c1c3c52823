import { isAbsolute, relative } from 'node:path';
import { hasExpression, parseCondition, parseTemplate } from '../expression/index.ts';
import { hookPlace, refuseUnkept } from '../hooks/index.ts';
import { BitError } from '../kernel/errors.ts';
import { compileGlob } from '../kernel/glob.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { named, workTreeFiles } from '../runs/index.ts';
import { checkSecretName } from '../secrets/index.ts';
import { hooksFor, settleTriggerHooks, TRIGGER_HOOKS } from './hooks.ts';
import { ANY, EVENTS, type EventName, HOOKS_OF, NAMES, type Trigger } from './model.ts';
import { readTriggers, triggerNamed, triggersFile, writeTriggers } from './store.ts';

export interface TriggerWish {
  /** Empty for any. */
  readonly on: readonly string[];
  readonly workflow: string;
  readonly name: string | undefined;
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  readonly paths: readonly string[];
  readonly kinds: readonly string[];
  readonly condition: string | undefined;
  readonly inputs: Readonly<Record<string, string>>;
  readonly secret: string | undefined;
  readonly debounce: number | undefined;
}

export interface TriggerChange {
  readonly trigger: Trigger;
  /** Plain git's hooks tell of its events. */
  readonly hooks: readonly string[];
  /** It sees some of its events only while `bit trigger run` runs. */
  readonly runner: boolean;
  readonly removed: boolean;
}

const NAME = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
export const MOST = 200;

/**
 * Ties a workflow to events.
 *
 * @throws BitError `usage`; `not-found` where there is no such workflow; `conflict` where a trigger has that name;
 *   `changed` where a hook kept earlier is in the way
 */
export async function setTrigger(reader: Reader, wish: TriggerWish): Promise<Effect<TriggerChange>> {
  const { git, stateDirectory, self } = reader;
  const triggers = readTriggers(stateDirectory);
  const trigger = await triggerOf(reader, wish, triggers);
  if (triggers.length >= MOST) throw new BitError('usage', `there are ${MOST} triggers already`);
  const after = [...triggers, trigger];
  const place = await hookPlace(git);
  const hooks = [...hooksFor([trigger]).keys()];
  if (place.folder !== undefined) refuseUnkept(place.folder, hooks);
  const runner = trigger.on.some((event) => HOOKS_OF[event] === undefined);
  const events = trigger.on.join(', ');
  return {
    summary: `run ${trigger.workflow} on ${events}`,
    target: targetOf(trigger),
    plan: [
      `trigger ${trigger.name}: run ${trigger.workflow} on ${events}`,
      ...(hooks.length === 0
        ? []
        : [
            place.folder === undefined
              ? 'git takes its hooks from outside this repository: plain git tells of nothing'
              : `set git hooks in ${place.folder}, beside what is there: ${hooks.join(', ')}`,
          ]),
    ],
    touches: { refs: [], files: [triggersFile(stateDirectory), ...place.files(TRIGGER_HOOKS)] },
    async run(writer) {
      settleTriggerHooks(place, after, self);
      writeTriggers(stateDirectory, after);
      if (place.folder === undefined && hooks.length > 0)
        writer.notice('note: git takes its hooks from outside this repository: plain git tells of nothing');
      return { trigger, hooks: place.folder === undefined ? [] : hooks, runner, removed: false };
    },
    record: () => ({ trigger: targetOf(trigger) }),
  };
}

/** @throws BitError `not-found` with the nearest names */
export async function removeTrigger(reader: Reader, name: string): Promise<Effect<TriggerChange>> {
  const { git, stateDirectory, self } = reader;
  const triggers = readTriggers(stateDirectory);
  const trigger = triggerNamed(triggers, name);
  const after = triggers.filter((other) => other !== trigger);
  const place = await hookPlace(git);
  return {
    summary: `run ${trigger.workflow} no more on ${trigger.on.join(', ')}`,
    target: targetOf(trigger),
    plan: [`take away trigger ${name}, and the hooks nobody needs any more`],
    touches: { refs: [], files: [triggersFile(stateDirectory), ...place.files(TRIGGER_HOOKS)] },
    async run() {
      writeTriggers(stateDirectory, after);
      settleTriggerHooks(place, after, self);
      return { trigger, hooks: [], runner: false, removed: true };
    },
    record: () => ({ trigger: targetOf(trigger) }),
  };
}

export function targetOf(trigger: Trigger) {
  const { name, workflow, on, condition } = trigger;
  const short = workflow.replace(/^.*\//, '').replace(/\.[^.]*$/, '');
  return {
    trigger: name,
    workflow,
    workflows: [...new Set([workflow, short])],
    events: on,
    condition: condition ?? null,
  };
}

/** A wish as a trigger, with everything in it checked. */
export async function triggerOf(
  reader: Reader,
  wish: TriggerWish,
  others: readonly Trigger[],
): Promise<Trigger> {
  const on = eventsOf(wish);
  const root = reader.git.paths.root;
  if (root === undefined) throw new BitError('usage', 'a trigger needs a work tree');
  const found = await named(wish.workflow, workTreeFiles(root), reader.cwd);
  const workflow = isAbsolute(found.workflow) ? withinRoot(root, found.workflow) : found.workflow;
  for (const pattern of [...wish.branches, ...wish.tags, ...wish.paths]) compileGlob(pattern);
  if (wish.condition !== undefined) parseCondition(wish.condition, NAMES);
  for (const text of Object.values(wish.inputs)) if (hasExpression(text)) parseTemplate(text, NAMES);
  if (on.includes('webhook') && wish.secret === undefined) {
    throw new BitError('usage', 'a webhook is believed by its signature: say which secret makes it', {
      hint: '--secret NAME; set it with: bit secret set NAME',
    });
  }
  if (wish.secret !== undefined) {
    if (!on.includes('webhook')) throw new BitError('usage', '--secret is for webhooks');
    checkSecretName(wish.secret);
  }
  const {
    name = freeName(`${wish.condition === undefined ? on.join('-') : 'if'}-${wish.workflow}`, others),
  } = wish;
  if (!NAME.test(name)) throw new BitError('usage', `a trigger can't be called ${printable(name)}`);
  if (others.some((other) => other.name === name)) {
    throw new BitError('conflict', `there is a trigger ${name} already`, {
      hint: `take it away with: bit trigger remove ${name}`,
    });
  }
  const { branches, tags, paths, kinds, condition, inputs, secret, debounce } = wish;
  return {
    ...{ name, on, workflow, branches, tags, paths, kinds, inputs, since: reader.now().toISOString() },
    ...(condition === undefined ? {} : { condition }),
    ...(secret === undefined ? {} : { secret }),
    ...(debounce === undefined ? {} : { debounce }),
  };
}

function eventsOf({ on }: TriggerWish): readonly EventName[] {
  if (on.length === 0) return ANY;
  const unknown = on.find((name) => !EVENTS.some((event) => event === name));
  if (unknown !== undefined) {
    const near = nearest(unknown, EVENTS);
    throw new BitError('usage', `there is no event ${printable(unknown)}`, {
      hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `one of ${EVENTS.join(', ')}`,
    });
  }
  return EVENTS.filter((event) => on.includes(event));
}

/** A file of the repository by its path in it: the repository may be moved. */
function withinRoot(root: string, path: string): string {
  const inside = relative(root, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}

function freeName(wanted: string, others: readonly Trigger[]): string {
  const base = wanted
    .replace(/^([a-z]+-).*\//, '$1')
    .replace(/\.[A-Za-z]+$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, '-')
    .slice(0, 56);
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (others.every((other) => other.name !== name)) return name;
  }
}
