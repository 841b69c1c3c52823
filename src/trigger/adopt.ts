import { hookPlace, refuseUnkept } from '../hooks/index.ts';
import { BitError } from '../kernel/errors.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { type DeclaredTrigger, readSection, SPECIFICATION } from '../specification/index.ts';
import { hooksFor, settleTriggerHooks, TRIGGER_HOOKS } from './hooks.ts';
import type { Trigger } from './model.ts';
import { MOST, type TriggerWish, targetOf, triggerOf } from './set.ts';
import { readTriggers, triggersFile, writeTriggers } from './store.ts';

export interface TriggersAdopted {
  readonly adopted: readonly Trigger[];
  /** Names of those that were adopted once, and that `.bithub.yml` no longer declares. */
  readonly dropped: readonly string[];
}

/** `triggers` of `.bithub.yml` as somebody would set them by hand. */
export function declaredTriggers(root: string): readonly TriggerWish[] {
  return Object.entries(readSection(root, 'triggers')).map(([name, declared]) => wishOf(name, declared));
}

function wishOf(name: string, declared: DeclaredTrigger): TriggerWish {
  const list = (value: string | readonly string[] | undefined): readonly string[] =>
    value === undefined ? [] : typeof value === 'string' ? [value] : value;
  const { on, workflow, branches, tags, paths, kinds, inputs = {}, secret, debounce } = declared;
  return {
    ...{ name, on: list(on), workflow, branches: list(branches), tags: list(tags), paths: list(paths) },
    ...{ kinds: list(kinds), condition: declared.if, inputs, secret, debounce },
  };
}

/** Whether the trigger is what the wish asks for. */
export function isAsWished(trigger: Trigger, wished: Trigger): boolean {
  const plain = ({ since: _, ...rest }: Trigger): string =>
    JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
  return plain(trigger) === plain(wished);
}

/**
 * Ties this clone's workflows to the events that `.bithub.yml` declares. The file alone starts nothing: what a pulled
 * commit declares runs here once this is said again.
 *
 * @throws BitError `usage`, `not-found` for a name it doesn't declare or a workflow that isn't there, `conflict` where a
 *   trigger set by hand has the name
 */
export async function adoptTriggers(
  reader: Reader,
  names: readonly string[],
): Promise<Effect<TriggersAdopted>> {
  const { git, stateDirectory, self } = reader;
  const { root } = git.paths;
  if (root === undefined) throw new BitError('usage', 'a trigger needs a work tree');
  const wishes = declaredTriggers(root);
  const there = readTriggers(stateDirectory);
  for (const name of names) requireDeclared(name, wishes);
  const adopted: Trigger[] = [];
  for (const wish of wishes.filter(({ name = '' }) => names.length === 0 || names.includes(name))) {
    const other = there.find(({ name }) => name === wish.name);
    if (other !== undefined && other.from === undefined) throw taken(other.name);
    const trigger = { ...(await triggerOf(reader, wish, [])), from: SPECIFICATION };
    if (other === undefined || !isAsWished(other, trigger)) adopted.push(trigger);
  }
  const gone = there.filter(
    ({ name, from }) =>
      from !== undefined && names.length === 0 && !wishes.some((wish) => wish.name === name),
  );
  const dropped = gone.map(({ name }) => name);
  const replaced = new Set([...dropped, ...adopted.map(({ name }) => name)]);
  const after = [...there.filter(({ name }) => !replaced.has(name)), ...adopted];
  if (after.length > MOST) throw new BitError('usage', `these are more than ${MOST} triggers`);
  const place = await hookPlace(git);
  const hooks = [...hooksFor(adopted).keys()];
  if (place.folder !== undefined) refuseUnkept(place.folder, hooks);
  const plan = [
    ...adopted.map(({ name, workflow, on }) => `trigger ${name}: run ${workflow} on ${on.join(', ')}`),
    ...dropped.map((name) => `take away trigger ${name}: it is no longer declared`),
    ...(hooks.length === 0 || place.folder === undefined
      ? []
      : [`set git hooks in ${place.folder}, beside what is there: ${hooks.join(', ')}`]),
  ];
  return {
    summary: `adopt ${adopted.length} triggers of ${SPECIFICATION}`,
    target: {
      triggers: adopted.map(targetOf),
      dropped,
      workflows: [...new Set(adopted.flatMap((trigger) => targetOf(trigger).workflows))],
    },
    plan: plan.length > 0 ? plan : ['nothing is declared that is not set here already'],
    touches: { refs: [], files: [triggersFile(stateDirectory), ...place.files(TRIGGER_HOOKS)] },
    async run(writer) {
      if (replaced.size === 0) return { adopted, dropped };
      settleTriggerHooks(place, after, self);
      writeTriggers(stateDirectory, after);
      if (place.folder === undefined && hooks.length > 0)
        writer.notice('note: git takes its hooks from outside this repository: plain git tells of nothing');
      return { adopted, dropped };
    },
    record: () => ({ adopted: adopted.map(({ name }) => name), dropped }),
  };
}

function requireDeclared(name: string, wishes: readonly TriggerWish[]): void {
  if (wishes.some((wish) => wish.name === name)) return;
  const near = nearest(
    name,
    wishes.map((wish) => wish.name ?? ''),
  );
  throw new BitError('not-found', `${SPECIFICATION} declares no trigger ${printable(name)}`, {
    hint:
      near.length > 0 ? `did you mean: ${near.join(', ')}` : 'triggers stand below triggers, by their names',
  });
}

function taken(name: string): BitError {
  return new BitError(
    'conflict',
    `${name} of ${SPECIFICATION} has the name of a trigger that was set by hand`,
    {
      hint: `take that away first: bit trigger remove ${name}`,
    },
  );
}
