import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { dropEvent, dropUnreadable, readEvent, waitingEvents } from '../hooks/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { type Lock, tryLock } from '../kernel/lock.ts';
import { printable } from '../kernel/text.ts';
import { type Effect, type Reader, repositoryFacts, type Writer } from '../operation/index.ts';
import { type RunResult, runWorkflow } from '../runs/index.ts';
import { eventOf } from './facts.ts';
import { FIRE, inputsOf, ledTo, matches } from './match.ts';
import type { Trigger, TriggerEvent } from './model.ts';
import { readTriggers } from './store.ts';

/** What became of an event that a trigger was for. */
export interface Fired {
  readonly trigger: string;
  readonly workflow: string;
  readonly event: string;
  /** Id of the run, where one began. */
  readonly run: string | null;
  readonly result: 'success' | 'failure' | 'stopped';
  /** Why it did not go well. */
  readonly why: string | null;
}

/** How long an event may have waited for somebody to look. */
const STALE = 24 * 60 * 60 * 1000;

/** The one process at a time that starts workflows for this clone's triggers. */
export function takeTurn(stateDirectory: string): Lock | undefined {
  return tryLock(join(stateDirectory, 'triggers', 'lock'));
}

export interface Due {
  readonly trigger: Trigger;
  readonly event: TriggerEvent;
  readonly stopped: string | undefined;
}

/** What waits and a trigger is for, without taking it; what is for none is taken away. */
export async function dueNow(reader: Reader): Promise<boolean> {
  for (const file of waitingEvents(reader.stateDirectory))
    if ((await dueOf(reader, file)).some(({ stopped }) => stopped === undefined)) return true;
  return false;
}

async function dueOf(reader: Reader, file: string): Promise<readonly Due[]> {
  const spooled = readEvent(reader.stateDirectory, file);
  const old = spooled === undefined || reader.now().getTime() - spooled.at.getTime() > STALE;
  const event = old ? undefined : await eventOf(reader.git, spooled);
  if (event === undefined) return [];
  const repo = await repositoryFacts(reader.git as Writer['git']);
  const led = ledTo(reader.ledger, event.operation);
  return readTriggers(reader.stateDirectory).flatMap((trigger): Due[] => {
    try {
      const { fires, stopped } = matches(trigger, event, { repo, led });
      return fires || stopped !== undefined ? [{ trigger, event, stopped }] : [];
    } catch (error) {
      if (!isBitError(error)) throw error;
      return [{ trigger, event, stopped: error.message }];
    }
  });
}

/** Takes every event that waits away without starting anything. */
export function clearEvents(stateDirectory: string): void {
  for (const file of waitingEvents(stateDirectory)) dropUnreadable(stateDirectory, file);
}

export interface Consuming {
  /** Told of each that was started, before and after. */
  readonly onBegin?: (due: Due) => void;
  readonly onEnd?: (due: Due, fired: Fired) => Promise<void> | void;
}

/** Starts what the waiting events are for, oldest first and one at a time, until none waits. An event is taken once. */
export async function consume(writer: Writer, { onBegin, onEnd }: Consuming = {}): Promise<readonly Fired[]> {
  const all: Fired[] = [];
  const { stateDirectory } = writer;
  for (let files = waitingEvents(stateDirectory); files.length > 0; files = waitingEvents(stateDirectory)) {
    for (const file of files) {
      if (writer.signal.aborted) return all;
      const spooled = readEvent(stateDirectory, file);
      const due = await dueOf(writer, file);
      // before anything starts: a run that dies is gone on with by `bit resume`, not begun again
      if (spooled === undefined) dropUnreadable(stateDirectory, file);
      else dropEvent(spooled);
      for (const one of due) {
        onBegin?.(one);
        const fired = await fire(writer, one);
        tell(writer, fired);
        await onEnd?.(one, fired);
        all.push(fired);
      }
    }
  }
  return all;
}

async function fire(writer: Writer, { trigger, event, stopped }: Due): Promise<Fired> {
  const { name, workflow } = trigger;
  const fired = { trigger: name, workflow, event: event.name, run: null };
  if (stopped !== undefined) return { ...fired, result: 'stopped', why: stopped };
  try {
    const { id } = await writer.perform(
      { action: 'workflow.trigger', event: FIRE, command: 'trigger.fire', args: { trigger: name } },
      await firing(writer, trigger, event),
    );
    return { ...fired, run: id, result: 'success', why: null };
  } catch (error) {
    if (!isBitError(error) || (error.code === 'cancelled' && writer.signal.aborted)) throw error;
    const run = error.details['run'];
    const result = error.code === 'denied' ? 'stopped' : 'failure';
    return { ...fired, run: typeof run === 'string' ? run : null, result, why: error.message };
  }
}

/** An operation that says why, and in it the run, which is one of its own and judged as one. */
async function firing(writer: Writer, trigger: Trigger, event: TriggerEvent): Promise<Effect<RunResult>> {
  const repo = await repositoryFacts(writer.git);
  const inputs = inputsOf(trigger, event, repo);
  const run = await runWorkflow(writer, {
    ...{ workflow: placeOf(writer, trigger), inputs, jobs: [], on: 'local', words: [] },
    env: { BIT_TRIGGER: trigger.name, BIT_EVENT: event.name },
    event: toldAs(trigger, event),
    sandbox: undefined,
    parallel: undefined,
  });
  return {
    summary: `run ${trigger.workflow} for trigger ${trigger.name}: ${event.name}`,
    target: { ...run.target, trigger: trigger.name, event: event.name, operation: event.operation ?? null },
    plan: run.plan,
    touches: { refs: [] },
    beside: true,
    run: (inside) =>
      inside.perform(
        {
          action: 'workflow.run',
          event: 'WORKFLOW_RUN',
          command: 'run',
          args: { workflow: trigger.workflow, event: event.name, input: { ...inputs } },
        },
        run,
      ),
    record: ({ id, result }) => ({ run: id, result }),
  };
}

/** Its path is one in the repository, wherever this was started. */
function placeOf(writer: Writer, { workflow }: Trigger): string {
  const { root } = writer.git.paths;
  const path = resolve(root ?? writer.cwd, workflow);
  return existsSync(path) ? path : workflow;
}

/** A workflow of GitHub's knows other names: what was committed, merged or tagged will have been pushed. */
function toldAs(
  { workflow }: Trigger,
  { name, kind, facts }: TriggerEvent,
): { readonly name: string; readonly payload: JsonObject } {
  if (!workflow.startsWith('.github/')) return { name, payload: facts };
  const { payload = null } = facts;
  if (name === 'webhook' && kind !== undefined && isJsonObject(payload)) return { name: kind, payload };
  const pushed = name === 'commit' || name === 'merge' || name === 'tag' || name === 'push';
  return { name: pushed ? 'push' : 'manual', payload: {} };
}

function tell(writer: Writer, { trigger, workflow, event, run, result, why }: Fired): void {
  const what = `trigger ${trigger}: ${printable(workflow)} on ${event}`;
  const tail = why === null ? '' : `: ${printable(why.split('\n')[0] ?? '')}`;
  const state = result === 'success' ? 'succeeded' : result === 'stopped' ? 'was not started' : 'failed';
  writer.notice(`${what} ${state}${run === null ? '' : ` (run ${run})`}${tail}`);
}

/** @throws BitError `busy` */
export function requireTurn(stateDirectory: string): Lock {
  const lock = takeTurn(stateDirectory);
  if (lock !== undefined) return lock;
  throw new BitError('busy', 'another bit runs the triggers of this clone', {
    hint: 'end it, or let it do so: it sees every event',
  });
}
