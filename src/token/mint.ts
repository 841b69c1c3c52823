import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { importPublicKey } from '../kernel/ed25519.ts';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { ulid } from '../kernel/ids.ts';
import type { JsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import { publicKeyFromOpenssh } from '../keys/index.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { checkCapability, uncovered } from './capabilities.ts';
import { type Claims, ISSUER, MOST_CAPABILITIES, SIZE_LIMIT } from './claims.ts';
import { signToken } from './sign.ts';
import { decodeToken } from './verify.ts';

/** Longest life of a token, in seconds: 400 days. */
const LONGEST = 400 * 86_400;

export interface MintRequest {
  readonly capabilities: readonly string[];
  readonly audience: readonly string[];
  readonly subject: string;
  readonly policy: JsonObject;
  /** How long it lives. */
  readonly seconds: number;
  /** The holder's key, `ed25519:<hex>` or an OpenSSH line. */
  readonly holder: string | undefined;
  /** File to write it to, mode 0600; undefined returns it. */
  readonly output: string | undefined;
}

export interface MintedToken {
  /** Null where it was written to a file. */
  readonly token: string | null;
  readonly file: string | null;
  readonly jti: string;
  readonly subject: string;
  readonly audience: readonly string[];
  readonly capabilities: readonly string[];
  /** RFC 3339. */
  readonly expires: string;
}

/** Signs a new token with one's own key. The ledger holds its claims, never the token. */
export async function mintToken(reader: Reader, request: MintRequest): Promise<Effect<MintedToken>> {
  const claims = newClaims(reader, request);
  return minting(reader, {
    claims,
    output: request.output,
    summary: `mint token ${claims.jti} for ${claims.sub}`,
  });
}

/**
 * A narrower token of a wider one, which it carries inside. Its maker is the wider one's holder (`cnf`), or its issuer
 * where it names none; that key must be the one that signs here.
 */
export async function attenuateToken(
  reader: Reader,
  request: {
    readonly token: string;
    readonly capabilities: readonly string[];
    readonly audience: readonly string[];
    readonly seconds: number | undefined;
    readonly holder: string | undefined;
    readonly output: string | undefined;
  },
): Promise<Effect<MintedToken>> {
  const parent = decodeToken(request.token);
  const { claims } = parent;
  const own = (await reader.keys.list()).find((key) => key.current)?.publicKey;
  const maker = claims.holder ?? parent.key;
  if (own !== maker) {
    throw new BitError('auth', `only the holder of ${maker} can narrow this token`, {
      hint: own === undefined ? 'make a key with: bit key new' : `the key here is ${own}; see: bit key use`,
    });
  }
  const wider = uncovered(claims.cap, request.capabilities.map(checkCapability));
  if (wider.length > 0)
    throw new BitError(
      'usage',
      `the token does not carry ${wider.map((text) => printable(text)).join(', ')}`,
      {
        hint: `it carries ${claims.cap.join(', ')}`,
      },
    );
  const left = claims.exp - Math.floor(reader.now().getTime() / 1000);
  const narrower: Claims = {
    ...newClaims(reader, {
      ...request,
      audience: request.audience.length === 0 ? claims.aud : request.audience,
      subject: claims.sub,
      policy: claims.pol,
      seconds: Math.min(request.seconds ?? left, left),
    }),
    prf: request.token,
  };
  const summary = `narrow token ${claims.jti} to ${narrower.cap.join(', ')}`;
  return minting(reader, { claims: narrower, output: request.output, summary });
}

function minting(
  reader: Reader,
  options: { readonly claims: Claims; readonly output: string | undefined; readonly summary: string },
): Effect<MintedToken> {
  const { claims, output, summary } = options;
  const file = output === undefined ? null : resolve(reader.cwd, output);
  if (file !== null && existsSync(file)) {
    throw new BitError('conflict', `${printable(file)} exists`, {
      hint: 'name a file that does not, or remove it',
    });
  }
  const expires = new Date(claims.exp * 1000).toISOString();
  const facts = {
    jti: claims.jti,
    sub: claims.sub,
    aud: [...claims.aud],
    cap: [...claims.cap],
    exp: claims.exp,
  };
  return {
    summary,
    target: facts,
    plan: [
      `sign a token for ${claims.sub} with ${claims.cap.join(', ')}, good until ${expires}`,
      ...(file === null ? [] : [`write it to ${file}, readable by you alone`]),
    ],
    touches: { refs: [] },
    irreversible: [`a token that was given out is taken back with: bit token revoke ${claims.jti}`],
    async run({ keys }) {
      const token = signToken(claims, await keys.signer());
      if (token.length > SIZE_LIMIT)
        throw new BitError(
          'usage',
          `the token would be longer than ${SIZE_LIMIT} bytes: give it fewer capabilities`,
        );
      if (file !== null) writeFileAtomic(file, `${token}\n`, { mode: 0o600 });
      return {
        token: file === null ? token : null,
        file: file === null ? null : basename(file),
        jti: claims.jti,
        subject: claims.sub,
        audience: claims.aud,
        capabilities: claims.cap,
        expires,
      };
    },
    record: () => facts,
  };
}

function newClaims(reader: Reader, request: Omit<MintRequest, 'output'>): Claims {
  const { capabilities, audience, subject, seconds } = request;
  if (capabilities.length === 0 || capabilities.length > MOST_CAPABILITIES)
    throw new BitError('usage', `a token carries 1 to ${MOST_CAPABILITIES} capabilities`);
  if (subject === '' || subject.length > 256 || /[\u0000-\u001f\u007f]/.test(subject))
    throw new BitError('usage', 'a subject is one line of at most 256 characters');
  if (!(seconds >= 1 && seconds <= LONGEST))
    throw new BitError('usage', 'a token lives between a second and 400 days');
  const now = reader.now().getTime();
  const holder = request.holder === undefined ? undefined : holderKey(request.holder);
  return {
    iss: ISSUER,
    aud: [...new Set(audience)],
    sub: subject,
    cap: [...new Set(capabilities.map(checkCapability))],
    pol: request.policy,
    iat: Math.floor(now / 1000),
    exp: Math.floor(now / 1000) + Math.floor(seconds),
    jti: ulid(now),
    ...(holder === undefined ? {} : { holder }),
  };
}

function holderKey(text: string): string {
  const key = text.startsWith('ssh-ed25519 ') ? publicKeyFromOpenssh(text.split(' ')[1] ?? '') : text;
  if (key !== undefined && importPublicKey(key) !== undefined) return key;
  throw new BitError('usage', `'${printable(shorten(text))}' is no Ed25519 public key`, {
    hint: 'give ed25519:<hex> or a line ssh-ed25519 …; see: bit key show',
  });
}

/** The life a token was given, in seconds. */
export function secondsOf({ iat, exp }: Claims): number {
  return Math.max(1, exp - iat);
}
