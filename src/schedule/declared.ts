import { basename } from 'node:path';
import { isJsonObject, type Json } from '../kernel/json.ts';
import { findAll, workTreeFiles } from '../runs/index.ts';
import { type FlowSpecification, readSection, readYaml, SPECIFICATION } from '../specification/index.ts';
import type { Missed, Schedule } from './store.ts';

/** A workflow that a file of the repository would have run by the clock. */
export type DeclaredSchedule = Required<Omit<Schedule, 'added'>>;

type Line = { readonly cron: string; readonly timezone: string };

/**
 * What the files of the work tree ask for: `schedules` of `.bithub.yml`, `on.schedule` of its flows and of workflows.
 *
 * @throws BitError `usage` where `.bithub.yml` is wrong
 */
export async function declaredSchedules(root: string): Promise<readonly DeclaredSchedule[]> {
  const found: DeclaredSchedule[] = [];
  const add = (name: string, line: Line, rest: { workflow: string; from: string; missed?: Missed }): void => {
    let free = name;
    for (let count = 2; found.some((other) => other.name === free); count++) free = `${name}-${count}`;
    found.push({ name: free, missed: 'skip', ...rest, ...line });
  };
  for (const [name, { workflow, cron, timezone = 'UTC', missed = 'skip' }] of Object.entries(
    readSection(root, 'schedules'),
  ))
    add(name, { cron: cron.trim(), timezone }, { workflow, from: SPECIFICATION, missed });
  for (const flow of readSection(root, 'orchestration').flows ?? [])
    for (const line of linesOf(onOf(flow)))
      add(flow.name, line, { workflow: `${SPECIFICATION}#${flow.name}`, from: SPECIFICATION });
  for (const { path, source, on } of await findAll(workTreeFiles(root))) {
    if ((source !== 'native' && source !== 'github') || !on.includes('schedule')) continue;
    const name = basename(path).replace(/\.[^.]*$/, '');
    for (const line of linesIn(root, path)) add(name, line, { workflow: path, from: path });
  }
  return found;
}

function onOf({ on }: FlowSpecification): Json | undefined {
  return on as Json | undefined;
}

/** A workflow that can't be read is told of by whoever runs it. */
function linesIn(root: string, path: string): readonly Line[] {
  try {
    const document = readYaml(root, path);
    return linesOf(isJsonObject(document) ? document['on'] : undefined);
  } catch {
    return [];
  }
}

/** `on: { schedule: … }`: a cron line, or a list of them, each with its zone or in UTC. */
function linesOf(on: Json | undefined): readonly Line[] {
  const schedule = isJsonObject(on) ? on['schedule'] : undefined;
  const all = Array.isArray(schedule) ? (schedule as readonly Json[]) : [schedule];
  return all.flatMap((one): readonly Line[] => {
    if (typeof one === 'string') return [{ cron: one.trim(), timezone: 'UTC' }];
    if (!isJsonObject(one) || typeof one['cron'] !== 'string') return [];
    return [{ cron: one['cron'].trim(), timezone: String(one['timezone'] ?? 'UTC') }];
  });
}

export function isAsDeclared(schedule: Schedule, declared: DeclaredSchedule): boolean {
  const { workflow, cron, timezone, missed, from } = declared;
  return (
    schedule.workflow === workflow &&
    schedule.cron === cron &&
    schedule.timezone === timezone &&
    schedule.missed === missed &&
    schedule.from === from
  );
}

export function isOfGithub({ from }: Pick<DeclaredSchedule, 'from'>): boolean {
  return from.startsWith('.github/');
}
