import { unescape as decoded } from 'node:querystring';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import { exchange, saidBy } from './http.ts';

/** A block's header without its transactions is some kilobytes, a receipt with our one event too. */
const ANSWER_LIMIT = 1024 * 1024;

export interface RpcPlace {
  readonly url: URL;
  readonly place: string;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** JSON-RPC of an Ethereum node, as far as an anchor needs it; every answer is read as a stranger's. */
export class EvmNode {
  readonly #place: RpcPlace;
  readonly #headers: Readonly<Record<string, string>>;
  #id = 0;

  constructor(place: RpcPlace) {
    const url = new URL(place.url);
    const user = [url.username, url.password].map((part) => decoded(part)).join(':');
    const authorization =
      user === ':' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
    url.username = '';
    url.password = '';
    this.#place = { ...place, url };
    this.#headers = { 'content-type': 'application/json', ...authorization };
  }

  /** @throws BitError `remote` where the node refuses or answers what is none */
  async call(method: string, params: readonly Json[] = []): Promise<Json> {
    const id = ++this.#id;
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    const answer = await exchange({ ...this.#place, body, headers: this.#headers, limit: ANSWER_LIMIT });
    let value: unknown;
    try {
      value = JSON.parse(answer.body.toString('utf8'));
    } catch {
      throw this.#failed(method, saidBy(answer));
    }
    if (!isJsonObject(value) || (value['id'] !== id && !isJsonObject(value['error'])))
      throw this.#failed(method, 'it answers something else');
    const { error, result } = value;
    if (isJsonObject(error))
      throw this.#failed(method, maskSecrets(printable(shorten(String(error['message']), 200))));
    if (answer.status !== 200 || result === undefined) throw this.#failed(method, saidBy(answer));
    return result;
  }

  async quantity(method: string, params: readonly Json[] = []): Promise<bigint> {
    return this.toQuantity(method, await this.call(method, params));
  }

  /** An object, or undefined for null. */
  async object(method: string, params: readonly Json[]): Promise<JsonObject | undefined> {
    const result = await this.call(method, params);
    if (result === null) return undefined;
    if (isJsonObject(result)) return result;
    throw this.#failed(method, 'it answers no object');
  }

  toQuantity(method: string, value: Json | undefined): bigint {
    if (typeof value === 'string' && /^0x(?:0|[1-9a-f][0-9a-f]{0,63})$/i.test(value)) return BigInt(value);
    throw this.#failed(method, 'it answers no number');
  }

  #failed(method: string, why: string): BitError {
    const { place } = this.#place;
    return new BitError('remote', `${place}: ${method}: ${why}`, { details: { place, method } });
  }
}
