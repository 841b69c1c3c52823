/**
 * The thread in which builtins of trusted plugins run, so that one that doesn't come back can be ended. It has nothing that
 * could make an answer another one later: no clock, no chance, no environment, and of Node only what computes.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';

/** Milliseconds until the modules are loaded, and of one call. */
export interface ThreadLimits {
  readonly start: number;
  readonly call: number;
}

const LIMITS: ThreadLimits = { start: 20_000, call: 2000 };
const MEGABYTES = 128;
const MOST_ANSWER = 1024 * 1024;

export interface ThreadCall {
  /** Address of the module. */
  readonly url: string;
  /** Of the folder whose modules it may import. */
  readonly home: string;
  readonly plugin: string;
  readonly name: string;
  /** Text of JSON: a list. */
  readonly args: string;
}

export type ThreadAnswer = { readonly value: string } | { readonly fault: string };

/** Runs in the thread. */
const SCRIPT = `
const { workerData: { port, shared, most } } = require('node:worker_threads');
const PURE = new Set(['buffer', 'path', 'querystring', 'string_decoder', 'url', 'util'].flatMap((name) => [name, 'node:' + name]));
const homes = new Set();
require('node:module').registerHooks({
  resolve(specifier, context, next) {
    if (PURE.has(specifier)) return next(specifier, context);
    const found = /^[./]|^file:/.test(specifier) ? next(specifier, context) : undefined;
    if (found !== undefined && [...homes].some((home) => found.url.startsWith(home))) return found;
    throw new Error('a builtin may import its own files alone, not ' + specifier);
  },
});
const cut = (what) => () => { throw new Error('a builtin is asked again later and must answer the same: it has no ' + what); };
const RealDate = Date;
globalThis.Date = new Proxy(RealDate, {
  construct(target, given) { return given.length === 0 ? cut('clock')() : Reflect.construct(target, given); },
  apply: cut('clock'),
  get(target, name) { return name === 'now' ? cut('clock') : Reflect.get(target, name); },
});
RealDate.prototype.constructor = globalThis.Date;
Math.random = cut('chance');
for (const [name, what] of [['fetch', 'network'], ['WebSocket', 'network'], ['EventSource', 'network'], ['navigator', 'machine'], ['crypto', 'chance'],
  ['Worker', 'other threads'], ['BroadcastChannel', 'other threads'], ['setTimeout', 'clock'], ['setInterval', 'clock'], ['setImmediate', 'clock'],
  ['performance', 'clock'], ['SharedArrayBuffer', 'clock'], ['WeakRef', 'collector'], ['FinalizationRegistry', 'collector']]) {
  delete globalThis[name];
  Object.defineProperty(globalThis, name, { get: cut(what), configurable: false });
}
const flag = new Int32Array(shared);
const load = (url) => import(url);
Object.defineProperty(globalThis, 'process', { get: cut('process'), configurable: false });
const modules = new Map();
port.on('message', async ({ url, home, name, args }) => {
  let answer;
  try {
    homes.add(home);
    if (!modules.has(url)) {
      const module = await load(url);
      modules.set(url, module.builtins ?? module.default?.builtins);
    }
    const found = modules.get(url).find((one) => one.name === name);
    if (found === undefined) throw new Error('it is not there');
    const value = found.call(...JSON.parse(args));
    if (typeof value?.then === 'function') throw new Error('it answers with a promise, and a decision can not wait');
    const text = JSON.stringify(value);
    if (text === undefined) throw new Error('it answers with nothing that JSON has');
    if (text.length > most) throw new Error('it answers with more than ' + most + ' characters');
    answer = { value: text };
  } catch (error) {
    answer = { fault: String(error?.message ?? error).slice(0, 500) };
  }
  port.postMessage(answer);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
});
`;

/** One thread, started at the first call; after one that doesn't come back another is. */
export class BuiltinThread {
  readonly #limits: ThreadLimits;
  #running: { readonly worker: Worker; readonly port: MessagePort; readonly flag: Int32Array } | undefined;
  #loaded = new Set<string>();

  constructor(limits: Partial<ThreadLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Waits for the answer, as a decision does. */
  call({ url, home, plugin, name, args }: ThreadCall): ThreadAnswer {
    this.#running ??= start();
    const { port, flag } = this.#running;
    Atomics.store(flag, 0, 0);
    port.postMessage({ url, home, name, args });
    const limit = this.#loaded.has(url) ? this.#limits.call : this.#limits.start;
    const came = Atomics.wait(flag, 0, 0, limit) !== 'timed-out';
    const found = came ? (receiveMessageOnPort(port) as { message: unknown } | undefined) : undefined;
    if (found === undefined) {
      this.close();
      return { fault: `${name} of the plugin ${plugin} did not answer within ${limit / 1000} s` };
    }
    this.#loaded.add(url);
    return readAnswer(found.message, `${name} of the plugin ${plugin}`);
  }

  close(): void {
    this.#running?.port.close();
    void this.#running?.worker.terminate();
    this.#running = undefined;
    this.#loaded.clear();
  }
}

function start(): { worker: Worker; port: MessagePort; flag: Int32Array } {
  const shared = new SharedArrayBuffer(4);
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(SCRIPT, {
    eval: true,
    workerData: { port: port2, shared, most: MOST_ANSWER },
    transferList: [port2],
    env: {},
    argv: [],
    execArgv: [],
    // what it prints is nobody's
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MEGABYTES, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
  });
  worker.unref();
  // how it ended is seen by its silence
  worker.on('error', () => undefined);
  port1.unref();
  return { worker, port: port1, flag: new Int32Array(shared) };
}

function readAnswer(message: unknown, who: string): ThreadAnswer {
  const { value, fault } = (message ?? {}) as { value?: unknown; fault?: unknown };
  if (typeof value === 'string' && value.length <= MOST_ANSWER) return { value };
  return { fault: `${who}: ${typeof fault === 'string' ? fault.slice(0, 500) : 'it answered wrongly'}` };
}
