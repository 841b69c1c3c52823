import { basename, isAbsolute, relative, resolve } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { named, workTreeFiles } from '../runs/index.ts';
import { localZone, parseCron } from './cron.ts';
import { type Missed, readSchedules, type Schedule, schedulesFile, writeSchedules } from './store.ts';

export interface AddRequest {
  readonly workflow: string;
  readonly cron: string;
  /** Default: the workflow's name. */
  readonly name: string | undefined;
  readonly timezone: string | undefined;
  readonly missed: Missed;
}

export interface ScheduleChange {
  readonly schedule: Schedule;
  /** RFC 3339; null once it is removed. */
  readonly next: string | null;
}

/** @throws BitError `usage`, `not-found` for a workflow that isn't there */
export async function addSchedule(reader: Reader, request: AddRequest): Promise<Effect<ScheduleChange>> {
  const timezone = request.timezone ?? localZone();
  const cron = parseCron(request.cron, timezone);
  const root = rootOf(reader);
  const found = await named(request.workflow, workTreeFiles(root), reader.cwd);
  const inside = relative(root, resolve(root, found.workflow));
  const workflow = inside.startsWith('..') || isAbsolute(inside) ? found.workflow : inside;
  const name = request.name ?? basename(workflow).replace(/\.[^.]*$/, '');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name))
    throw new BitError('usage', `${printable(name)} is no name of a schedule`, {
      hint: 'letters, digits, . _ and -, given by --name',
    });
  const { stateDirectory } = reader;
  if (readSchedules(stateDirectory).some((other) => other.name === name))
    throw new BitError('usage', `there is a schedule ${name} already`, {
      hint: `take it away by: bit schedule remove ${name}; or give this one another by --name`,
    });
  const added = reader.now().toISOString();
  const schedule: Schedule = {
    name,
    workflow,
    cron: request.cron.trim(),
    timezone,
    missed: request.missed,
    added,
  };
  const next = cron.nextRun(reader.now())?.toISOString() ?? null;
  return {
    summary: `run ${workflow} at ${schedule.cron}`,
    target: {
      workflow,
      workflows: [workflow, basename(workflow).replace(/\.[^.]*$/, '')],
      schedule: name,
      cron: schedule.cron,
      timezone,
    },
    plan: [`add schedule ${name}: ${workflow} at ${schedule.cron} (${timezone}), next ${next}`],
    touches: { refs: [], files: [schedulesFile(stateDirectory)] },
    event: 'SCHEDULE_ADD',
    async run() {
      writeSchedules(stateDirectory, [...readSchedules(stateDirectory), schedule]);
      return { schedule, next };
    },
    record: () => ({ schedule: name, workflow, cron: schedule.cron, timezone }),
  };
}

/** @throws BitError `not-found` with the nearest name */
export async function removeSchedule(reader: Reader, name: string): Promise<Effect<ScheduleChange>> {
  const { stateDirectory } = reader;
  const schedule = requireSchedule(readSchedules(stateDirectory), name);
  return {
    summary: `no longer run ${schedule.workflow} at ${schedule.cron}`,
    target: { workflow: schedule.workflow, workflows: [schedule.workflow], schedule: schedule.name },
    plan: [`remove schedule ${schedule.name}`],
    touches: { refs: [], files: [schedulesFile(stateDirectory)] },
    event: 'SCHEDULE_REMOVE',
    async run() {
      writeSchedules(
        stateDirectory,
        readSchedules(stateDirectory).filter((other) => other.name !== schedule.name),
      );
      return { schedule, next: null };
    },
    record: () => ({ schedule: schedule.name, workflow: schedule.workflow }),
  };
}

/** @throws BitError `not-found` */
export function rootOf(reader: Reader): string {
  const root = reader.repository?.root;
  if (root !== undefined) return root;
  throw new BitError('not-found', `${reader.cwd} is not inside a work tree`, {
    hint: 'start one with: bit init',
  });
}

function requireSchedule(schedules: readonly Schedule[], name: string): Schedule {
  const found = schedules.filter((schedule) => schedule.name === name);
  const [one, another] = found.length > 0 ? found : schedules.filter(({ workflow }) => workflow === name);
  if (one !== undefined && another === undefined) return one;
  const names = schedules.map((schedule) => schedule.name);
  const near = another === undefined ? nearest(name, names) : names;
  throw new BitError(
    another === undefined ? 'not-found' : 'usage',
    another === undefined
      ? `no schedule is called ${printable(name)}`
      : `${printable(name)} has several schedules`,
    { hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : 'see them by: bit schedule show' },
  );
}
