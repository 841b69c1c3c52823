import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MeshClient } from '../../../src/mesh/client/index.ts';
import { type Random, random } from '../random.ts';
import { Actor, bit, freePort, type Home, makeHome, makeOrigin, writeManifest } from './actors.ts';
import { type Checked, checkLedgers, type Submission } from './checks.ts';
import { meshClient, newSigner } from './client.ts';
import { type FaultyProxy, faultyProxy } from './faulty-proxy.ts';

export interface MeshCampaignOptions {
  readonly jobs: number;
  readonly runners: number;
  readonly seed: number;
  readonly engine: 'embedded' | 'nats';
  readonly natsUrl?: string;
  /** Milliseconds in which all of it must have ended. */
  readonly patience: number;
  /**
   * What happens, in turn, after every so many jobs that ended, while as many again are under way; left out, anything at
   * any time until the last has ended.
   */
  readonly faults?: { readonly every: number; readonly turns: readonly Fault[] };
}

export type Fault = 'runner' | 'controller' | 'cut';

const RATES = { duplicate: 0.03, delay: 0.1, cut: 0.004, late: 250 } as const;
/** Jobs handed over and not ended, at most. */
const UNDER_WAY = 24;

/**
 * A controller, runners and a client that are killed, cut off and told things twice and late: every job ends in exactly
 * one committed result of its last lease, nothing is lost, and the ledgers of all verify and agree.
 */
export async function meshCampaign(options: MeshCampaignOptions): Promise<boolean> {
  const began = performance.now();
  const root = mkdtempSync(join(tmpdir(), 'bit-mesh-campaign-'));
  const scene = new Scene(root, options);
  try {
    await scene.open();
    await scene.run();
    await scene.close();
    const checked = scene.check();
    report(options, scene, checked, performance.now() - began);
    return scene.complaints.length === 0;
  } finally {
    await scene.end();
    rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

class Scene {
  readonly complaints: string[] = [];
  readonly submissions: Submission[] = [];
  kills = { runners: 0, controller: 0 };
  proxy: FaultyProxy | undefined;
  readonly #options: MeshCampaignOptions;
  readonly #dice: Random;
  readonly #root: string;
  readonly #runners: Actor[] = [];
  readonly #signer = newSigner();
  #controller: Actor | undefined;
  #client: MeshClient | undefined;
  #origin = '';
  #over = false;
  #ended = 0;
  #struck = 0;

  constructor(root: string, options: MeshCampaignOptions) {
    this.#root = root;
    this.#options = options;
    this.#dice = random(options.seed);
  }

  async open(): Promise<void> {
    const { runners, engine, natsUrl } = this.#options;
    this.#origin = makeOrigin(this.#root);
    const port = await freePort();
    const home = makeHome(this.#root, 'controller', this.#origin);
    mkdirSync(join(home.clone, '.bit', 'mesh'), { recursive: true });
    writeFileSync(join(home.clone, '.bit', 'mesh', 'config.yml'), CONFIG);
    const nats = engine === 'nats' ? ['--engine', 'nats', '--nats-url', natsUrl ?? ''] : [];
    this.#controller = new Actor(home, [
      ...[
        'mesh',
        'serve',
        '--listen',
        `127.0.0.1:${port}`,
        '--tls',
        'off',
        '--no-announce',
        '--no-autoscale',
      ],
      ...['--client', this.#signer.publicKey, ...nats],
    ]);
    this.#controller.start();
    await until(
      () => healthy(port),
      60_000,
      () => `the controller did not come up:\n${tail(home.log)}`,
    );
    this.proxy = await faultyProxy({ port }, this.#dice, RATES);
    for (let at = 1; at <= runners; at++) {
      const place = makeHome(this.#root, `runner-${at}`, this.#origin);
      writeManifest(place, `aln://runner/campaign/${at}`, 3);
      writeFileSync(join(place.clone, '.bit', 'mesh', 'config.yml'), CONFIG);
      const runner = new Actor(place, ['runner', 'start', '--controller', this.proxy.address]);
      runner.start();
      this.#runners.push(runner);
    }
    this.#client = await meshClient(this.proxy.address, this.#signer, join(this.#root, 'client'));
  }

  async run(): Promise<void> {
    const { jobs, patience } = this.#options;
    const { faults } = this.#options;
    const chaos = faults === undefined ? this.#chaos() : this.#inTurn(faults);
    const deadline = performance.now() + patience;
    const open = new Set<Promise<void>>();
    for (let number = 0; number < jobs; number++) {
      while (open.size >= UNDER_WAY) await Promise.race(open);
      while (faults !== undefined && number >= (this.#struck + 2) * faults.every) await sleep(20);
      const one: Promise<void> = this.#job(number, deadline).finally(() => open.delete(one));
      open.add(one);
    }
    await Promise.all(open);
    this.#over = true;
    await chaos;
  }

  /** Handed over, some of them twice, some taken back; then asked for until it ended. */
  async #job(number: number, deadline: number): Promise<void> {
    const dice = this.#dice;
    const key = `campaign-${number}-${randomUUID()}`;
    const exit = dice.next() < 0.1 ? 1 + dice.below(100) : 0;
    const seconds = (dice.next() < 0.1 ? dice.next() * 3 : dice.next() * 0.3).toFixed(2);
    const spec = {
      repo: `git+file://${this.#origin}#main`,
      task: { kind: 'command' as const, argv: ['sh', 'work.sh', seconds, String(number), String(exit)] },
      required: { capabilities: ['build'] },
      priority: dice.below(100),
      timeout_s: 120,
      attempts: 100,
    };
    const cancelled = dice.next() < 0.03;
    const ids = new Set<string>();
    const submission: Submission = { number, key, exit, cancelled, ids };
    this.submissions.push(submission);
    const again = dice.next() < 0.1;
    for (let turn = 0; turn < (again ? 2 : 1); turn++)
      await this.#insist(deadline, `job ${number} was not taken`, async (client) => {
        ids.add((await client.submit(spec, key)).job_id);
      });
    const [id] = ids;
    if (id === undefined) return;
    if (cancelled) {
      await sleep(dice.next() * 500);
      await this.#insist(deadline, `job ${number} could not be cancelled`, (client) =>
        client.cancel(id, 'the campaign says so').catch((error: { code?: string }) => {
          if (error.code !== 'conflict') throw error;
        }),
      );
    }
    await this.#insist(deadline, `job ${number} (${id}) did not end`, async (client) => {
      for (let row = await client.job(id); ; row = await client.job(id)) {
        if (ENDED.has(row.standard)) {
          submission.row = row;
          this.#countEnd();
          return;
        }
        await sleep(150);
        if (performance.now() > deadline) throw new Error(`it is ${row.state}: ${row.reason ?? ''}`);
      }
    });
  }

  /** What a cut line or a dead controller makes of a question is asked again. */
  async #insist(
    deadline: number,
    complaint: string,
    ask: (client: MeshClient) => Promise<void>,
  ): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    for (;;) {
      try {
        await ask(client);
        return;
      } catch (error) {
        if (performance.now() > deadline) {
          this.#countEnd();
          this.complaints.push(`${complaint}: ${error instanceof Error ? error.message : String(error)}`);
          return;
        }
        await sleep(100 + this.#dice.next() * 200);
      }
    }
  }

  /** A campaign takes half an hour and more: how far it is goes to standard error. */
  #countEnd(): void {
    this.#ended++;
    if (this.#ended % 100 > 0) return;
    const { runners, controller } = this.kills;
    process.stderr.write(
      `${this.#ended} of ${this.#options.jobs} jobs ended; ${runners} runners and ${controller} controllers killed, ` +
        `${this.complaints.length} complaints\n`,
    );
  }

  async #chaos(): Promise<void> {
    const dice = this.#dice;
    await sleep(1500);
    while (!this.#over) {
      await sleep(400 + dice.next() * 2600);
      if (this.#over) break;
      const what = dice.next();
      await this.#strike(what < 0.55 ? 'runner' : what < 0.8 ? 'controller' : 'cut');
    }
  }

  async #inTurn({
    every,
    turns,
  }: {
    readonly every: number;
    readonly turns: readonly Fault[];
  }): Promise<void> {
    for (const [at, fault] of turns.entries()) {
      while (this.#ended < (at + 1) * every && !this.#over) await sleep(20);
      if (!this.#over) await this.#strike(fault);
      this.#struck++;
    }
    this.#struck = Number.POSITIVE_INFINITY;
  }

  async #strike(fault: Fault): Promise<void> {
    const dice = this.#dice;
    const victim = this.#runners[dice.below(this.#runners.length)];
    if (fault === 'runner' && victim !== undefined) {
      this.kills.runners++;
      await victim.kill();
      await sleep(dice.next() * 1500);
      victim.start();
    } else if (fault === 'controller') {
      this.kills.controller++;
      await this.#controller?.kill();
      await sleep(dice.next() * 800);
      this.#controller?.start();
    } else this.proxy?.cutAll();
  }

  /** In order: what runners still owe is told before the controller goes. */
  async close(): Promise<void> {
    this.proxy?.calm();
    this.#controller?.start();
    for (const runner of this.#runners) runner.start();
    // what a killed controller was given to tell the ledger, NATS gives out again after half a minute
    await sleep(this.#options.engine === 'nats' ? 35_000 : 3000);
    await Promise.all(this.#runners.map((runner) => runner.kill('SIGTERM')));
    await this.#client?.close();
    await this.#controller?.kill('SIGTERM');
    for (const actor of [...this.#runners, ...(this.#controller === undefined ? [] : [this.#controller])])
      if (actor.fell.length > 0) this.complaints.push(`${actor.fell.join('; ')}:\n${tail(actor.at.log)}`);
  }

  check(): Checked {
    const homes = this.#runners.map(({ at }) => at);
    const controller = this.#controller?.at;
    if (controller === undefined) throw new Error('there was no controller');
    for (const home of [controller, ...homes]) this.#verify(home);
    return checkLedgers({
      controller,
      runners: homes,
      submissions: this.submissions,
      complaints: this.complaints,
    });
  }

  #verify(home: Home): void {
    try {
      bit(home, 'ledger', 'verify');
    } catch (error) {
      this.complaints.push(
        `the ledger of ${home.name} does not verify: ${String((error as { stderr?: string }).stderr)}`,
      );
    }
  }

  async end(): Promise<void> {
    this.#over = true;
    await this.#client?.close().catch(() => undefined);
    await Promise.all([...this.#runners, this.#controller].map((actor) => actor?.kill()));
    await this.proxy?.close();
  }
}

const ENDED: ReadonlySet<string> = new Set(['CompletedSuccessfully', 'Failed', 'Cancelled']);
const CONFIG = `mesh:
  name: campaign
  discovery: { mdns: false, p2p: false }
  tls: { required: false, mode: self-signed-ok }
  rate_limits: { per_peer_rps: 500, burst: 2000 }
`;

async function healthy(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function until(
  holds: () => Promise<boolean>,
  patience: number,
  complaint: () => string,
): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(complaint());
    await sleep(100);
  }
}

function tail(path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(-20).join('\n');
  } catch {
    return '';
  }
}

function report(options: MeshCampaignOptions, scene: Scene, checked: Checked, milliseconds: number): void {
  const proxy = scene.proxy?.counts;
  for (const [name, value] of [
    ['engine', options.engine],
    ['seed', options.seed],
    ['jobs', scene.submissions.length],
    ['ended well, badly, cancelled', checked.ends.join(', ')],
    ['runners killed', scene.kills.runners],
    ['controller killed', scene.kills.controller],
    ['messages through the proxy', proxy?.messages ?? 0],
    ['handed on twice, late, cut', `${proxy?.duplicated}, ${proxy?.delayed}, ${proxy?.cut}`],
    ['leases given', checked.leases],
    ['jobs that took more than one', checked.retried],
    ['results committed', checked.committed],
    ['entries of runners that the controller names, and that agree', checked.crossed],
    ['complaints', scene.complaints.length],
    ['minutes', (milliseconds / 60_000).toFixed(1)],
  ] as const)
    process.stdout.write(`${name}: ${value}\n`);
  for (const complaint of scene.complaints.slice(0, 20)) process.stdout.write(`- ${complaint}\n`);
}
