import { BitError, isBitError } from '../kernel/errors.ts';
import type { Paper } from '../kernel/paper.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Answer, Effect, Reader } from '../operation/index.ts';
import { presentedToken } from '../token/index.ts';
import { type GithubCredential, githubCredential } from './credential.ts';
import { askpassHost, MOST_REQUEST_BYTES, parseCredentialRequest } from './credential-request.ts';
import { type GithubHost, githubHost, isLoopback } from './host.ts';
import type { BrokerSession } from './serve.ts';

export interface HandOverRequest {
  /** How it is asked for: for a person or a script, by git's credential protocol, or as GIT_ASKPASS. */
  readonly mode: 'print' | 'helper' | 'askpass';
  /** What git gives the helper (`get`, `store`, `erase`) or the askpass program (its prompt). */
  readonly word: string | undefined;
  readonly host: string | undefined;
  readonly secret: string | undefined;
}

export interface GithubAccess {
  readonly mode: HandOverRequest['mode'] | 'broker';
  readonly host: string;
  /** The real credential, to its owner; null where this is not the one to answer. */
  readonly username: string | null;
  readonly password: string | null;
  /** Where the credential came from. */
  readonly source: string | null;
  /** Which of the two an askpass program was asked for. */
  readonly asked: 'username' | 'password' | null;
  readonly session: BrokerSession | null;
}

/** GitHub looks at the password alone; this is the name its own documents use. */
const USER = 'x-access-token';

/**
 * Hands the real credential to its owner. Whoever acts under a `.bithub.token` is refused, whatever it carries: his way
 * is the broker. That it was handed over is recorded; what was, nowhere.
 *
 * @throws BitError `auth` where there is no credential, `usage`
 */
export async function handOver(
  reader: Reader,
  request: HandOverRequest,
): Promise<Effect<GithubAccess> | Answer<GithubAccess>> {
  const host = githubHost(reader.env, { host: request.host, api: undefined });
  const question = await read(reader, request, host);
  if (question === undefined)
    return { reads: 'token.github', answer: async () => nothing(request.mode, host) };
  const holder = await presentedToken(reader);
  const credential = holder === undefined ? await credentialFor(reader, request, host) : undefined;
  if (holder === undefined && credential === undefined)
    return { reads: 'token.github', answer: async () => nothing(request.mode, host) };
  return {
    summary: `hand over the GitHub credential of ${host.name}`,
    target: { host: host.name, mode: request.mode, source: credential?.source ?? null },
    plan: [
      `give out the credential of ${host.name}${credential === undefined ? '' : ` from ${credential.source}`}`,
    ],
    touches: { refs: [] },
    beside: true,
    async run() {
      if (credential === undefined) throw heldBack();
      return {
        ...nothing(request.mode, host),
        username: question.username ?? USER,
        password: credential.value,
        source: credential.source,
        asked: question.asks,
      };
    },
    record: ({ mode, source }) => ({ mode, host: host.name, source }),
  };
}

/** The holder of a narrower token never receives the GitHub credential. */
export function heldBack(): BitError {
  return new BitError('denied', 'the GitHub credential is not given to the holder of a token', {
    hint: 'his calls go through the broker, which its owner starts with: bit token github --broker',
  });
}

interface Question {
  readonly asks: 'username' | 'password' | null;
  readonly username: string | undefined;
}

/** What is asked for; undefined where it is no matter of this host, so that somebody else may answer. */
async function read(
  reader: Reader,
  request: HandOverRequest,
  host: GithubHost,
): Promise<Question | undefined> {
  if (request.mode === 'print') return { asks: null, username: undefined };
  if (request.mode === 'askpass') {
    const asked = askpassHost(request.word ?? '');
    if (asked !== undefined && isFor(asked, host)) return { asks: asked.asks, username: undefined };
    throw new BitError('unsupported', 'it is not asked for the credential of a GitHub', {
      hint: `it answers git's questions on ${host.name}`,
    });
  }
  const asked = parseCredentialRequest((await reader.input(MOST_REQUEST_BYTES)).toString('utf8'));
  if (request.word !== 'get') {
    if (request.word === 'store' || request.word === 'erase') return undefined;
    throw new BitError(
      'usage',
      `git asks a helper to get, store or erase, not '${printable(shorten(request.word ?? ''))}'`,
    );
  }
  return isFor(asked, host) ? { asks: null, username: asked.username } : undefined;
}

function isFor(asked: { readonly protocol: string; readonly host: string }, { name }: GithubHost): boolean {
  if (asked.host !== name) return false;
  return (
    asked.protocol === 'https' || (asked.protocol === 'http' && isLoopback(name.replace(/:[0-9]+$/, '')))
  );
}

/** A helper that has nothing lets the next one answer. */
async function credentialFor(
  reader: Reader,
  { mode, secret }: HandOverRequest,
  { name }: GithubHost,
): Promise<GithubCredential | undefined> {
  try {
    return await githubCredential(reader, { host: name, secret });
  } catch (error) {
    if (mode !== 'helper' || !isBitError(error, 'auth')) throw error;
    reader.notice(`note: ${error.message}`);
    return undefined;
  }
}

function nothing(mode: GithubAccess['mode'], { name }: Pick<GithubHost, 'name'>): GithubAccess {
  return { mode, host: name, username: null, password: null, source: null, asked: null, session: null };
}

/** As whoever asked reads it: git its lines, a script the credential alone. */
export function renderAccess(out: GithubAccess, page: Paper): void {
  const { mode, session, username, password, asked } = out;
  if (session !== null) {
    page.line(`${session.calls} calls, ${session.changes} of them changes, ${session.refused} refused`);
    return;
  }
  if (username === null || password === null) return;
  if (mode === 'helper') {
    page.line(`username=${username}`);
    page.line(`password=${password}`);
  } else page.line(mode === 'askpass' && asked === 'username' ? username : password);
}
