import { BitError } from '../kernel/errors.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { named, workTreeFiles } from '../runs/index.ts';
import { rootOf } from './change.ts';
import { parseCron } from './cron.ts';
import { type DeclaredSchedule, declaredSchedules, isAsDeclared, isOfGithub } from './declared.ts';
import { readSchedules, type Schedule, schedulesFile, writeSchedules } from './store.ts';

export interface AdoptSchedules {
  /** Only these; empty for all that `.bithub.yml` and `.bithub/workflows` declare. */
  readonly names: readonly string[];
  /** Also all that `.github/workflows` declare. */
  readonly github: boolean;
}

export interface SchedulesAdopted {
  readonly adopted: readonly Schedule[];
  /** Names of those that were adopted once, and that no file declares any more. */
  readonly dropped: readonly string[];
}

/**
 * Has this clone run what the work tree's files declare. Files alone start nothing: a commit that is pulled changes what
 * runs here only once this is said again.
 *
 * @throws BitError `not-found` for a name nobody declares or a workflow that isn't there, `conflict` where a schedule set
 *   by hand has the name
 */
export async function adoptSchedules(
  reader: Reader,
  { names, github }: AdoptSchedules,
): Promise<Effect<SchedulesAdopted>> {
  const root = rootOf(reader);
  const { stateDirectory } = reader;
  const declared = await declaredSchedules(root);
  const there = readSchedules(stateDirectory);
  const mine = new Map(there.map((schedule) => [schedule.name, schedule]));
  for (const name of names) requireDeclared(name, declared);
  const chosen = declared.filter((one) =>
    names.length > 0
      ? names.includes(one.name)
      : !isOfGithub(one) || github || mine.get(one.name)?.from === one.from,
  );
  const gone = there.filter(
    ({ name, from }) =>
      from !== undefined &&
      names.length === 0 &&
      !declared.some((one) => one.name === name && one.from === from),
  );
  const adopted: Schedule[] = [];
  for (const one of chosen) {
    const other = mine.get(one.name);
    if (other !== undefined && other.from === undefined) throw taken(one);
    if (other !== undefined && isAsDeclared(other, one)) continue;
    parseCron(one.cron, one.timezone);
    await named(one.workflow, workTreeFiles(root), root);
    adopted.push({ ...one, added: reader.now().toISOString() });
  }
  const dropped = gone.map(({ name }) => name);
  const replaced = new Set([...dropped, ...adopted.map(({ name }) => name)]);
  const plan = [
    ...adopted.map(
      ({ name, workflow, cron, timezone, from }) =>
        `run ${workflow} at ${cron} (${timezone}), as ${name}: ${from}`,
    ),
    ...dropped.map((name) => `no longer run ${name}: nothing declares it any more`),
  ];
  return {
    summary: `adopt ${adopted.length} schedules of the repository's files`,
    target: {
      schedules: [...replaced],
      workflows: [...new Set(adopted.map(({ workflow }) => workflow))],
    },
    plan: plan.length > 0 ? plan : ['nothing is declared that does not run here already'],
    touches: { refs: [], files: [schedulesFile(stateDirectory)] },
    async run() {
      const others = readSchedules(stateDirectory).filter(({ name }) => !replaced.has(name));
      if (replaced.size > 0) writeSchedules(stateDirectory, [...others, ...adopted]);
      return { adopted, dropped };
    },
    record: () => ({ adopted: adopted.map(({ name }) => name), dropped }),
  };
}

function requireDeclared(name: string, declared: readonly DeclaredSchedule[]): void {
  if (declared.some((one) => one.name === name)) return;
  const near = nearest(
    name,
    declared.map((one) => one.name),
  );
  throw new BitError('not-found', `no file declares a schedule ${printable(name)}`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : 'see what is declared: bit schedule show',
  });
}

function taken({ name, from }: DeclaredSchedule): BitError {
  return new BitError('conflict', `${name} of ${from} has the name of a schedule that was set by hand`, {
    hint: `take that away first: bit schedule remove ${name}`,
  });
}
