import { createHash } from 'node:crypto';
import { readsAreGated } from '../guard/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import {
  type ActionRequest,
  deniedError,
  type Effect,
  type Reader,
  type Writer,
} from '../operation/index.ts';
import { presentedToken } from '../token/index.ts';
import { type Bearer, readBearer } from './bearer.ts';
import { type ApiCall, callOf } from './call.ts';
import { githubCredential } from './credential.ts';
import { type ApiReply, forward, type Upstream } from './forward.ts';
import type { GithubAccess } from './hand-over.ts';
import { heldBack } from './hand-over.ts';
import { githubHost } from './host.ts';
import { openProxy, type ProxyReply, type ProxyRequest } from './http.ts';
import { Pace } from './pace.ts';

export interface BrokerRequest {
  readonly host: string | undefined;
  /** Base of its API where it isn't the host's own. */
  readonly api: string | undefined;
  readonly secret: string | undefined;
  /** 0: any that is free. */
  readonly port: number;
  /** Calls a minute each token may make. */
  readonly perMinute: number;
}

/** What a broker did from its start to its end. */
export interface BrokerSession {
  readonly calls: number;
  /** Of them such that may have changed something, each with an operation of its own. */
  readonly changes: number;
  readonly refused: number;
}

/**
 * Runs the broker until Ctrl-C. One operation from start to end, beside others; each call that may change something is
 * one of its own inside. Policies, revocations and freezes count from the moment they stand.
 *
 * @throws BitError `auth` where there is no credential; `usage`
 */
export async function serveBroker(reader: Reader, request: BrokerRequest): Promise<Effect<GithubAccess>> {
  const host = githubHost(reader.env, request);
  if (!(request.perMinute >= 1)) throw new BitError('usage', 'a pace is at least one call a minute');
  const holder = await presentedToken(reader);
  const credential =
    holder === undefined
      ? await githubCredential(reader, { host: host.name, secret: request.secret })
      : undefined;
  return {
    summary: `run the GitHub broker for ${host.name}`,
    target: { host: host.name, api: host.api.href, mode: 'broker', source: credential?.source ?? null },
    plan: [
      `listen on 127.0.0.1${request.port === 0 ? '' : `:${request.port}`}`,
      `send calls that a token carries on to ${host.api.href}, ${request.perMinute} a minute and token at most`,
    ],
    touches: { refs: [] },
    beside: true,
    async run(writer) {
      if (credential === undefined) throw heldBack();
      const session = { calls: 0, changes: 0, refused: 0 };
      const pace = new Pace(request.perMinute);
      const proxy = await openProxy(request.port, async (asked) => {
        session.calls++;
        try {
          return await answer(writer, asked, { host, credential, own: proxy.address }, pace, session);
        } catch (error) {
          session.refused++;
          throw error;
        }
      });
      if (writer.streams.free) writer.streams.output.write(`${proxy.address}\n`);
      writer.notice(`the GitHub broker listens on ${proxy.address}; end it with Ctrl-C`);
      await ended(writer.signal);
      await proxy.close();
      const nobody = { username: null, password: null, asked: null };
      return {
        mode: 'broker',
        host: host.name,
        source: credential.source,
        ...nobody,
        session: { ...session },
      };
    },
    record: ({ session, source }) => ({ mode: 'broker', host: host.name, source, ...session }),
  };
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Who asks, for what, how fast; then the gate, and only then GitHub. */
async function answer(
  writer: Writer,
  asked: ProxyRequest,
  upstream: Upstream,
  pace: Pace,
  session: { changes: number },
): Promise<ProxyReply> {
  const bearer = await readBearer(writer, asked.headers.authorization);
  const wait = pace.wait(bearer.jti, writer.now().getTime());
  if (wait > 0)
    throw new BitError('denied', `too many calls: wait ${wait} s`, { details: { status: 429, wait } });
  const call = callOf(asked.method, asked.target);
  const reply = call.verb === 'read' ? await read(writer, call, bearer, asked, upstream) : await change();
  if (reply.retryAfter !== undefined) pace.hold(reply.retryAfter, writer.now().getTime());
  return reply;

  function change(): Promise<ApiReply> {
    session.changes++;
    return write(writer, call, bearer, asked, upstream);
  }
}

/** Its capability always; policies where one of them gates queries. Nothing is recorded. */
async function read(
  writer: Writer,
  call: ApiCall,
  bearer: Bearer,
  asked: ProxyRequest,
  upstream: Upstream,
): Promise<ApiReply> {
  const gate = bearer.gateFor(call);
  const refusal = gate.refuses('');
  if (refusal !== undefined) throw new BitError('denied', refusal);
  if (readsAreGated(writer.stateDirectory)) {
    const decision = await writer.judge(
      requestFor('read.github', call, bearer),
      effectOf('read.github', call, bearer, upstream),
    );
    if (!decision.allowed) throw deniedError('read.github', decision);
  }
  return forward(upstream, call, asked);
}

/** An operation of its own: judged with the token's claims, its intent on disk before GitHub hears of it. */
async function write(
  writer: Writer,
  call: ApiCall,
  bearer: Bearer,
  asked: ProxyRequest,
  upstream: Upstream,
): Promise<ApiReply> {
  let reply: ApiReply | undefined;
  const effect = effectOf('github.write', call, bearer, upstream, asked.body);
  try {
    await writer.perform(requestFor('github.write', call, bearer), {
      ...effect,
      irreversible: [`${call.method} ${call.path} at ${upstream.host.name}`],
      async run() {
        reply = await forward(upstream, call, asked);
        const { status, headers } = reply;
        // recorded as failed, and given back to whoever asked as it is
        if (status >= 400) throw new BitError('remote', `GitHub answered ${status}`);
        return { status, id: headers['x-github-request-id'] ?? null };
      },
      record: ({ status, id }) => ({ status, request: id }),
    });
  } catch (error) {
    // Ctrl-C while it was under way changes nothing about the answer
    const told = isBitError(error, 'remote') || isBitError(error, 'cancelled');
    if (reply === undefined || !told) throw error;
  }
  if (reply === undefined) throw new Error('a call was performed and has no answer');
  return reply;
}

function requestFor(action: string, call: ApiCall, bearer: Bearer): ActionRequest {
  const { method, path } = call;
  return {
    action,
    event: 'GITHUB_WRITE',
    command: 'token.github',
    args: { method, path },
    token: bearer.gateFor(call),
  };
}

function effectOf(
  action: 'read.github' | 'github.write',
  call: ApiCall,
  { jti, subject }: Bearer,
  { host }: Upstream,
  body: Buffer = Buffer.alloc(0),
): Effect<{ readonly status: number; readonly id: string | null }> {
  const { method, path, scope, area, capability } = call;
  return {
    action,
    summary: `${method} ${path} at ${host.name} for ${subject}`,
    target: {
      ...{ host: host.name, method, path, scope, area, capability, subject, jti },
      ...(body.length === 0 ? {} : { body_sha256: createHash('sha256').update(body).digest('hex') }),
    },
    plan: [],
    touches: { refs: [] },
    beside: true,
    run: () => Promise.reject(new Error('it is judged, not run')),
  };
}
