import { setTimeout as sleep } from 'node:timers/promises';
import { BitError, isBitError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { printable, shorten } from '../../kernel/text.ts';
import { parseCause, repositoryFacts, type Writer } from '../../operation/index.ts';
import type { Listener } from '../../trigger/index.ts';
import { readContext } from '../contextualize.ts';
import { type BotPlace, readDeployed } from '../deployed.ts';
import { type FarPlace, isUnreached } from '../elsewhere/far.ts';
import type { DeployedBot, Reroute } from '../model.ts';
import { readRoutes, routeFor } from '../reroute.ts';
import { backoff, MOST_CRASHES } from './backoff.ts';
import { openBotsDatabase } from './database.ts';
import { type Deliverer, deliver } from './delivery.ts';
import { BotLog } from './logs.ts';
import { eventOf, type Happening, listens } from './match.ts';
import { type Arrival, Queue, type Queued } from './queue.ts';
import { readRevived } from './revived.ts';
import type { BotSession, RunBots } from './run.ts';
import { gitSource } from './sources/git.ts';
import { listenForGithub } from './sources/github.ts';
import { ledgerSource } from './sources/ledger.ts';
import { MeshSource } from './sources/mesh.ts';
import { scheduleSource } from './sources/schedule.ts';
import type { Found, Looking, Source } from './sources/source.ts';
import { BotTokens } from './tokens.ts';
import { Updates, updateUnattended } from './updates.ts';

/** Milliseconds between looks. */
const PACE = 250;
/** As many bots may have led to an event before no further one hears of it. */
const MOST_DEPTH = 5;
/** Milliseconds a runner is waited for. */
const PATIENCE = 10 * 60 * 1000;
const ONCE_PATIENCE = 60 * 1000;
const SWEEP = 60 * 60 * 1000;

export class Session {
  readonly #writer: Writer;
  readonly #place: BotPlace;
  readonly #request: RunBots;
  readonly #queue: Queue;
  readonly #deliverer: Deliverer;
  readonly #mesh: MeshSource;
  /** The bots that are at an event. */
  readonly #busy = new Map<string, Promise<void>>();
  /** Why one of them could not even be put back. */
  #fault: { readonly error: unknown } | undefined;
  readonly #told = { queued: 0, done: 0, failed: 0, dead: 0 };
  readonly #updates: Updates;
  readonly #said = new Set<string>();
  #swept = 0;
  #waiting = 0;

  constructor(writer: Writer, place: BotPlace, request: RunBots) {
    this.#updates = new Updates(writer.now());
    this.#writer = writer;
    this.#place = place;
    this.#request = request;
    this.#queue = new Queue(openBotsDatabase(writer.stateDirectory), () => writer.now().getTime());
    this.#deliverer = { writer, queue: this.#queue, tokens: new BotTokens(writer), seam: request.seam };
    this.#mesh = new MeshSource(writer, (line) => writer.notice(printable(line)));
  }

  async run(): Promise<BotSession> {
    const { signal } = this.#writer;
    const { once } = this.#request;
    let listener: Listener | undefined;
    try {
      listener = await this.#listen();
      if (!once) this.#writer.notice(`${this.#bots().length} bots are hosted; end it with Ctrl-C`);
      while (!signal.aborted) {
        if (this.#fault !== undefined) throw this.#fault.error;
        const bots = this.#bots();
        for (const name of this.#updates.due(bots, this.#writer.now()))
          await updateUnattended(this.#writer, name);
        this.#revive();
        const more = await this.#look(bots);
        const begun = this.#dispatch(bots);
        if (more || begun > 0) continue;
        if (this.#busy.size > 0) await Promise.race([...this.#busy.values(), this.#pause()]);
        else if (once) break;
        else await this.#pause();
        this.#sweep();
      }
    } finally {
      await listener?.close();
      await Promise.all(this.#busy.values());
      await this.#mesh.close();
      this.#close();
    }
    if (this.#fault !== undefined) throw this.#fault.error;
    return { ...this.#told, waiting: this.#waiting, address: listener?.address ?? null };
  }

  #close(): void {
    this.#waiting = this.#queue.waiting();
    this.#queue.close();
  }

  async #pause(): Promise<void> {
    await sleep(PACE, undefined, { signal: this.#writer.signal }).catch(() => undefined);
  }

  /** As they are deployed now. */
  #bots(): readonly DeployedBot[] {
    const { bots, damaged } = readDeployed(this.#place);
    for (const { path, why } of damaged) this.#sayOnce(`${path}: ${why}; its bot is not hosted`);
    // one whose file is damaged is there still: its queue waits until that is put right
    if (damaged.length === 0)
      for (const name of this.#queue.forgetOthers(bots.map(({ manifest }) => manifest.name)))
        this.#writer.notice(`${name} is gone, and its queue with it`);
    for (const bot of bots) this.#since(bot);
    return bots;
  }

  /** What `bit bot selfheal` had put back since. */
  #revive(): void {
    try {
      for (const one of readRevived(this.#writer.stateDirectory))
        if (this.#queue.revive(one)) this.#log(one.bot).write('host', one.id, 'is tried anew');
    } catch (error) {
      if (!isBitError(error, 'integrity')) throw error;
      this.#sayOnce(error.message);
    }
  }

  #since({ manifest, deployed }: DeployedBot): number {
    return this.#queue.since(manifest.name, Date.parse(deployed));
  }

  #sayOnce(line: string): void {
    if (this.#said.has(line)) return;
    this.#said.add(line);
    this.#writer.notice(printable(line));
  }

  /** Asks every source what happened. True where one has more to tell at once. */
  async #look(bots: readonly DeployedBot[]): Promise<boolean> {
    const looking: Looking = {
      reader: this.#writer,
      bots,
      since: (bot) => this.#since(bot),
      cursor: (name) => this.#queue.cursor(name),
    };
    const sources: readonly Source[] = [
      ledgerSource,
      gitSource,
      scheduleSource,
      (asked) => this.#mesh.look(asked),
    ];
    let more = false;
    for (const source of sources) {
      const found = await source(looking);
      await this.#take(bots, found);
      more ||= found.more === true;
    }
    return more;
  }

  /** Puts into the queue what bots listen to, together with how far the source has read. */
  async #take(bots: readonly DeployedBot[], { happenings, cursors }: Found): Promise<void> {
    if (happenings.length === 0 && Object.keys(cursors).length === 0) return;
    const arrivals: Arrival[] = [];
    const repo = happenings.length === 0 ? {} : await repositoryFacts(this.#writer.git);
    for (const happening of happenings) arrivals.push(...(await this.#arrivals(bots, happening, repo)));
    this.#told.queued += this.#queue.take(arrivals, cursors);
  }

  async #arrivals(
    bots: readonly DeployedBot[],
    happening: Happening,
    repo: JsonObject,
  ): Promise<readonly Arrival[]> {
    const arrivals: Arrival[] = [];
    const led = this.#ledBy(happening);
    for (const bot of bots) {
      const { name } = bot.manifest;
      if (Date.parse(happening.ts) < this.#since(bot)) continue;
      // what a bot did itself is no news to it
      if (led?.bot === name) continue;
      const fault = (why: string): void => void this.#log(name).write('host', happening.id, why);
      if (!(await listens(bot, happening, { repo, fault }))) continue;
      const depth = led?.depth ?? 0;
      if (depth > MOST_DEPTH) {
        fault(`not delivered: ${depth} bots led to it, one by the other`);
        continue;
      }
      arrivals.push({ bot: name, event: eventOf(happening), depth });
    }
    return arrivals;
  }

  /** The bot that led to something, and how many led to its own event before. */
  #ledBy({ operation }: Happening): { readonly bot: string; readonly depth: number } | undefined {
    if (operation === undefined) return undefined;
    for (const { payload, as } of this.#writer.ledger.entries({ op: operation, limit: 1 })) {
      const text = payload?.['cause'];
      const cause = typeof text === 'string' ? parseCause(text) : undefined;
      if (cause !== undefined)
        return { bot: cause.bot, depth: (this.#queue.depthOf(cause.bot, cause.event) ?? 0) + 1 };
      if (as?.startsWith('bot:') === true) return { bot: as.slice('bot:'.length), depth: 1 };
    }
    return undefined;
  }

  #log(bot: string): BotLog {
    return new BotLog(this.#writer.stateDirectory, bot, this.#writer.now);
  }

  /** Begins with what is due of bots that are idle. Returns how many began. */
  #dispatch(bots: readonly DeployedBot[]): number {
    let begun = 0;
    const routes = readRoutes(this.#writer.stateDirectory);
    const now = this.#writer.now().getTime();
    for (const bot of bots) {
      const { name } = bot.manifest;
      if (bot.paused || this.#busy.has(name)) continue;
      const next = this.#queue.next(name);
      if (next === undefined || next.due > now) continue;
      const to = routeFor(bot, next.event, routes);
      if (to !== null && 'bot' in to) {
        begun += this.#hand(bots, bot, next, to);
        continue;
      }
      if (this.#busy.size >= this.#request.parallel) break;
      begun += 1;
      const work = this.#handle(bot, next, to ?? undefined)
        .catch((error: unknown) => {
          this.#fault ??= { error };
        })
        .finally(() => this.#busy.delete(name));
      this.#busy.set(name, work);
    }
    return begun;
  }

  /** Gives an event to another bot. */
  #hand(
    bots: readonly DeployedBot[],
    { manifest }: DeployedBot,
    next: Queued,
    to: Extract<Reroute, { bot: string }>,
  ): number {
    const { name } = manifest;
    if (to.bot === name || !bots.some((bot) => bot.manifest.name === to.bot)) {
      this.#sayOnce(`${name}: its events wait: there is no other bot ${to.bot} to give them to`);
      return 0;
    }
    if (next.depth > MOST_DEPTH) {
      this.#queue.failed(next, { why: 'it was rerouted in a circle', due: undefined });
      return 1;
    }
    this.#queue.handOver({ ...next, depth: next.depth + 1 }, to.bot);
    this.#log(name).write('host', next.event.id, `given to ${to.bot}`);
    return 1;
  }

  async #handle(bot: DeployedBot, next: Queued, to: FarPlace | undefined): Promise<void> {
    const { signal } = this.#writer;
    const { name, limits } = bot.manifest;
    const log = this.#log(name);
    const queued = this.#queue.begin(next);
    const { id } = queued.event;
    try {
      if (queued.crashes > MOST_CRASHES)
        throw new BitError('failed', `the host died ${queued.crashes} times at it`);
      await deliver(this.#deliverer, {
        bot,
        queued,
        log,
        context: readContext(this.#writer.stateDirectory),
        ...{ signal, to, patience: this.#request.once ? ONCE_PATIENCE : PATIENCE },
      });
      this.#told.done += 1;
      log.write('host', id, 'done');
    } catch (error) {
      if (signal.aborted) {
        this.#queue.release(queued);
        return;
      }
      const why = printable(shorten(error instanceof Error ? error.message : String(error), 1000));
      if (isUnreached(error)) return this.#postpone(queued, log, why);
      const attempts = queued.attempts + 1;
      const given = attempts >= limits.attempts || queued.crashes > MOST_CRASHES;
      const wait = backoff(attempts);
      this.#queue.failed(queued, { why, due: given ? undefined : this.#writer.now().getTime() + wait });
      this.#told.failed += 1;
      if (given) this.#told.dead += 1;
      const then = given ? `given up after ${attempts} tries` : `again in ${wait / 1000} s`;
      log.write('host', id, `failed: ${why}; ${then}`);
      this.#writer.notice(`${name}: ${printable(id)} failed: ${why}; ${then}`);
      if (!isBitError(error) && !(error instanceof Error)) throw error;
    }
  }

  /** Nobody took it where it was to go: that is no try of it. */
  #postpone(queued: Queued, log: BotLog, why: string): void {
    const wait = backoff(this.#queue.places.waits(queued));
    this.#queue.postpone(queued, { why, due: this.#writer.now().getTime() + wait });
    const then = `waits: ${why}; again in ${wait / 1000} s`;
    log.write('host', queued.event.id, then);
    this.#writer.notice(`${queued.bot}: ${printable(queued.event.id)} ${then}`);
  }

  async #listen(): Promise<Listener | undefined> {
    const { webhooks } = this.#request;
    if (webhooks === undefined) return undefined;
    const writer = this.#writer;
    const listener = await listenForGithub(writer, this.#queue, webhooks, (happening) =>
      this.#take(this.#bots(), { happenings: [happening], cursors: {} }),
    );
    if (writer.streams.free) writer.streams.output.write(`${listener.address}\n`);
    writer.notice(`webhooks are taken at ${listener.address}`);
    return listener;
  }

  #sweep(): void {
    const now = this.#writer.now().getTime();
    if (now - this.#swept < SWEEP) return;
    this.#swept = now;
    this.#queue.sweep();
  }
}
