/** http.send where the configuration allows it: one request at a time, from a thread, while the decision waits. */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { isJsonObject, type Json } from '../kernel/json.ts';
import { BuiltinError } from './rego/builtins/define.ts';
import { parseJson } from './rego/builtins/json.ts';
import type { HttpSender } from './rego/machine.ts';
import { jsonText, toJson } from './rego/text.ts';
import { objectGet, type Value } from './rego/values.ts';

/** `policy.http` of the settings. */
export interface HttpAllowance {
  /** Hosts policies may send to: `example.org`, or `example.org:8443` for that port alone. */
  readonly allow: readonly string[];
  /** Milliseconds one request may take. */
  readonly timeout: number;
}

const MOST_MILLISECONDS = 10_000;
const DEFAULT_MILLISECONDS = 2000;
const MOST_BODY = 1 << 20;
const MOST_REQUESTS = 5;

/** What the settings say, or undefined where they allow nothing. */
export function httpAllowance(settings: Json | undefined): HttpAllowance | undefined {
  if (!isJsonObject(settings) || !Array.isArray(settings['allow'])) return undefined;
  const allow = settings['allow'].filter((host) => typeof host === 'string' && host !== '') as string[];
  const wanted = settings['timeout'];
  const timeout = typeof wanted === 'number' && wanted > 0 ? wanted : DEFAULT_MILLISECONDS;
  return allow.length === 0 ? undefined : { allow, timeout: Math.min(timeout, MOST_MILLISECONDS) };
}

function isAllowed({ allow }: HttpAllowance, url: URL): boolean {
  return allow.some((host) => host.toLowerCase() === url.host || host.toLowerCase() === url.hostname);
}

/** Sends for one decision, at most {@link MOST_REQUESTS} different requests; the same request has the same answer. */
export function httpSender(allowance: HttpAllowance): HttpSender {
  const answers = new Map<string, Value>();
  return (request, machine) => {
    const member = (name: string) => objectGet(request, name);
    const url = parseUrl(member('url'));
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new BuiltinError(`${url.protocol} is no HTTP`);
    if (!isAllowed(allowance, url))
      throw new BuiltinError(`policy.http does not allow ${url.host.slice(0, 100)}`);
    const key = jsonText(request);
    let answer = answers.get(key);
    if (answer === undefined) {
      if (answers.size >= MOST_REQUESTS)
        throw new BuiltinError(`a decision sends at most ${MOST_REQUESTS} requests`);
      const started = performance.now();
      answer = exchange(url, toJson(request) as Record<string, Json>, allowance.timeout);
      machine.waited(performance.now() - started);
      answers.set(key, answer);
    }
    const failed = objectGet(answer as never, 'error');
    if (failed !== undefined && member('raise_error') !== false)
      throw new BuiltinError(String(jsonText(failed)));
    return answer;
  };
}

function parseUrl(url: Value | undefined): URL {
  if (typeof url !== 'string' || !URL.canParse(url))
    throw new BuiltinError('url is not one', 'eval_type_error');
  return new URL(url);
}

/** Runs in the thread. Redirects aren't followed: they would lead past what is allowed. */
const THREAD = `
const { parentPort, workerData: { port, shared, url, method, headers, body, timeout, most } } = require('node:worker_threads');
(async () => {
  let answer;
  try {
    const response = await fetch(url, { method, headers, body, redirect: 'manual', signal: AbortSignal.timeout(timeout) });
    const chunks = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > most) throw new Error('the answer is larger than ' + most + ' bytes');
      chunks.push(chunk);
    }
    const lists = {};
    for (const [name, value] of response.headers) lists[name] = [value];
    answer = { status: response.status + ' ' + response.statusText, status_code: response.status, headers: lists,
      raw_body: Buffer.concat(chunks).toString('utf8') };
  } catch (error) {
    answer = { status_code: 0, error: { code: 'eval_http_send_network_error',
      message: String(error.cause?.code ?? error.cause?.message ?? error.message).slice(0, 300) } };
  }
  port.postMessage(answer);
  Atomics.store(new Int32Array(shared), 0, 1);
  Atomics.notify(new Int32Array(shared), 0);
})();
`;

function exchange(url: URL, request: Readonly<Record<string, Json>>, timeout: number): Value {
  const shared = new SharedArrayBuffer(4);
  const { port1, port2 } = new MessageChannel();
  const { method, headers, body, raw_body: raw } = request;
  const text = typeof raw === 'string' ? raw : body === undefined ? undefined : JSON.stringify(body);
  const workerData = {
    port: port2,
    shared,
    url: url.href,
    method: String(method).toUpperCase(),
    headers: {
      ...(raw === undefined && body !== undefined ? { 'content-type': 'application/json' } : {}),
      ...textsOf(headers),
    },
    body: text,
    timeout,
    most: MOST_BODY,
  };
  const worker = new Worker(THREAD, { eval: true, workerData, transferList: [port2], env: {}, execArgv: [] });
  worker.unref();
  // Starting the thread takes its time too.
  Atomics.wait(new Int32Array(shared), 0, 0, timeout + 1000);
  const answer = received(port1);
  void worker.terminate();
  if (answer === undefined)
    return {
      status_code: 0,
      error: { code: 'eval_http_send_network_error', message: `no answer in ${timeout} ms` },
    };
  const rawBody = answer['raw_body'];
  if (typeof rawBody !== 'string') return answer as Value;
  return {
    ...answer,
    body: bodyOf(rawBody, answer['headers'], request['force_json_decode'] === true),
  } as Value;
}

function received(port: MessagePort): Record<string, Json> | undefined {
  const found = receiveMessageOnPort(port) as { message: Record<string, Json> } | undefined;
  port.close();
  return found?.message;
}

function textsOf(headers: Json | undefined): Record<string, string> {
  if (!isJsonObject(headers)) return {};
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function bodyOf(raw: string, headers: Json | undefined, force: boolean): Value {
  const types = isJsonObject(headers) ? headers['content-type'] : undefined;
  const isJson =
    force || (Array.isArray(types) && /^application\/(?:[\w.+-]+\+)?json\b/.test(String(types[0])));
  if (!isJson) return null;
  try {
    return parseJson(raw);
  } catch {
    return null;
  }
}
