import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MOST_WAITING, spoolEvent, waitingEvents } from '../hooks/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { tryLock } from '../kernel/lock.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { readSecret } from '../secrets/index.ts';
import { consume, type Due, type Fired, requireTurn } from './consume.ts';
import { Deliveries } from './deliveries.ts';
import type { Trigger } from './model.ts';
import { readTriggers } from './store.ts';
import { FileWatch } from './watch-files.ts';
import { LedgerWatch } from './watch-ledger.ts';
import { type Delivery, type Listener, listen, type Receiver } from './webhook.ts';

export interface RunTriggers {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** See to what waits now, and end. */
  readonly once: boolean;
}

/** What a session did from its start to its end. */
export interface TriggerSession {
  readonly fired: number;
  readonly failed: number;
  readonly stopped: number;
  /** Where it listened for webhooks. */
  readonly address: string | null;
}

/** Milliseconds between looks at the ledger and at what hooks left. */
const PACE = 250;

/**
 * Watches files, the ledger and webhooks for this clone's triggers until Ctrl-C, and takes over what hooks tell. One
 * operation from start to end, beside others; each workflow it starts is one of its own inside.
 *
 * @throws BitError `busy` where another does; `usage` where no trigger is set; `not-found` for a secret that is not there
 */
export async function runTriggers(reader: Reader, request: RunTriggers): Promise<Effect<TriggerSession>> {
  const { stateDirectory } = reader;
  const triggers = readTriggers(stateDirectory);
  if (triggers.length === 0) {
    throw new BitError('usage', 'no trigger is set here', {
      hint: 'set one with: bit trigger on file <workflow>',
    });
  }
  const webhooks = triggers.filter(({ on }) => on.includes('webhook'));
  return {
    summary: 'run the triggers',
    target: { mode: 'run', triggers: triggers.map(({ name }) => name), host: request.host },
    plan: [
      ...triggers.map(({ name, workflow, on }) => `${name}: run ${workflow} on ${on.join(', ')}`),
      ...(webhooks.length === 0
        ? []
        : [`listen for webhooks on ${request.host}${request.port === 0 ? '' : `:${request.port}`}`]),
    ],
    touches: { refs: [] },
    beside: true,
    async run(writer) {
      const runner = tryLock(join(stateDirectory, 'triggers', 'runner'));
      const turn = runner === undefined ? undefined : await turnOf(writer);
      if (runner === undefined || turn === undefined) throw busy();
      try {
        return await new Session(writer, triggers).run(request);
      } finally {
        turn.release();
        runner.release();
      }
    },
    record: (session) => ({ ...session }),
  };
}

function busy(): BitError {
  return new BitError('busy', 'another bit runs the triggers of this clone');
}

/** One that a hook started may be at it just now. */
async function turnOf(writer: Writer): Promise<ReturnType<typeof requireTurn>> {
  for (let told = false; ; told = true) {
    try {
      return requireTurn(writer.stateDirectory);
    } catch (error) {
      if (!isBitError(error, 'busy') || writer.signal.aborted) throw error;
      if (!told) writer.notice('waiting for what a hook started …');
      await sleep(PACE, undefined, { signal: writer.signal }).catch(() => undefined);
    }
  }
}

class Session {
  readonly #writer: Writer;
  readonly #triggers: readonly Trigger[];
  /** The trigger whose workflow runs because files changed: what it changes does not start it again. */
  readonly #writing = new Set<string>();

  constructor(writer: Writer, triggers: readonly Trigger[]) {
    this.#writer = writer;
    this.#triggers = triggers;
  }

  async run(request: RunTriggers): Promise<TriggerSession> {
    const { signal } = this.#writer;
    const files = await this.#watchFiles();
    const ledger = this.#has('ledger') ? new LedgerWatch(this.#writer.ledger) : undefined;
    const listener = await this.#listen(request);
    const all: Fired[] = [];
    try {
      if (!request.once)
        this.#writer.notice(`${this.#triggers.length} triggers are watched for; end it with Ctrl-C`);
      for (let more = true; more && !signal.aborted; more = !request.once) {
        for (const { operation, facts } of ledger?.look() ?? []) this.#spool('ledger', { operation, facts });
        if (waitingEvents(this.#writer.stateDirectory).length > 0)
          all.push(
            ...(await consume(this.#writer, {
              onBegin: (due) => this.#began(due),
              onEnd: (due) => this.#ended(due, files),
            })),
          );
        if (!request.once) await sleep(PACE, undefined, { signal }).catch(() => undefined);
      }
    } catch (error) {
      if (!signal.aborted || !isBitError(error, 'cancelled')) throw error;
    } finally {
      files?.close();
      await listener?.close();
    }
    const of = (result: Fired['result']): number => all.filter((one) => one.result === result).length;
    return {
      fired: of('success') + of('failure'),
      failed: of('failure'),
      stopped: of('stopped'),
      address: listener?.address ?? null,
    };
  }

  #has(event: Trigger['on'][number]): boolean {
    return this.#triggers.some(({ on }) => on.includes(event));
  }

  #spool(name: string, event: Omit<Parameters<typeof spoolEvent>[2], 'name'>): void {
    const { stateDirectory, now } = this.#writer;
    spoolEvent(stateDirectory, now(), { name, ...event });
  }

  async #watchFiles(): Promise<FileWatch | undefined> {
    const { git } = this.#writer;
    const { root } = git.paths;
    const watching = this.#triggers.filter(({ on }) => on.includes('file'));
    if (watching.length === 0 || root === undefined) return undefined;
    const debounces = watching.flatMap(({ debounce }) => (debounce === undefined ? [] : [debounce]));
    const watch = new FileWatch({
      git,
      root,
      debounce: debounces.length === 0 ? undefined : Math.max(...debounces),
      onChange: (files) => this.#spool('file', { facts: { files: [...files], never: [...this.#writing] } }),
    });
    await watch.start();
    return watch;
  }

  #began({ trigger, event }: Due): void {
    if (event.name === 'file') this.#writing.add(trigger.name);
  }

  async #ended({ trigger }: Due, files: FileWatch | undefined): Promise<void> {
    if (!this.#writing.has(trigger.name)) return;
    await files?.look();
    this.#writing.delete(trigger.name);
  }

  async #listen({ host, port }: RunTriggers): Promise<Listener | undefined> {
    const writer = this.#writer;
    const receivers: Receiver[] = [];
    for (const { name, on, secret } of this.#triggers)
      if (on.includes('webhook') && secret !== undefined)
        receivers.push({ trigger: name, secret: await readSecret(writer, secret) });
    if (receivers.length === 0) return undefined;
    const deliveries = new Deliveries(writer.stateDirectory);
    const listener = await listen({
      ...{ host, port, receivers, deliveries },
      accept: (delivery) => this.#accept(delivery),
    });
    if (writer.streams.free) writer.streams.output.write(`${listener.address}\n`);
    writer.notice(`webhooks are taken at ${listener.address}`);
    return listener;
  }

  #accept({ triggers, kind, id, payload }: Delivery): void {
    if (waitingEvents(this.#writer.stateDirectory).length >= MOST_WAITING)
      throw new BitError('busy', 'too much waits already', { details: { status: 503 } });
    this.#spool('webhook', { facts: { kind, delivery: id, payload, only: [...triggers] } });
  }
}
