import { BitError } from '../kernel/errors.ts';

/** What git asks a credential helper for. */
export interface CredentialRequest {
  readonly protocol: string;
  /** With its port. */
  readonly host: string;
  readonly username: string | undefined;
}

export const MOST_REQUEST_BYTES = 64 * 1024;
const MOST_LINES = 256;

/**
 * Reads git's side of the credential protocol (git-credential(1)): lines `key=value` up to an empty one or the end. Keys
 * that aren't known are passed over, as the protocol wants it; what decides is not taken twice.
 *
 * @throws BitError `usage`
 */
export function parseCredentialRequest(text: string): CredentialRequest {
  const lines = text.split('\n');
  if (lines.length > MOST_LINES)
    throw new BitError('usage', `a credential request of more than ${MOST_LINES} lines`);
  const found = new Map<string, string>();
  for (const line of lines) {
    if (line === '') break;
    const equals = line.indexOf('=');
    if (equals < 1 || /[\u0000-\u001f\u007f]/.test(line))
      throw new BitError('usage', 'a credential request is made of lines key=value');
    const key = line.slice(0, equals);
    if (!['protocol', 'host', 'username'].includes(key)) continue;
    if (found.has(key)) throw new BitError('usage', `a credential request names its ${key} twice`);
    found.set(key, line.slice(equals + 1));
  }
  const username = found.get('username');
  return {
    protocol: found.get('protocol') ?? '',
    host: (found.get('host') ?? '').toLowerCase(),
    username: username === '' ? undefined : username,
  };
}

/** Git's prompts (credential.c); of ssh's none fits. */
const PROMPT = /^(Username|Password) for '(https?):\/\/(?:[^@'/\s]*@)?([^@'/\s]+)(?:\/[^'\s]*)?': ?$/;

/** What a program that was started as GIT_ASKPASS or SSH_ASKPASS is asked; undefined where it is no question on a credential. */
export function askpassHost(
  prompt: string,
): { readonly asks: 'username' | 'password'; readonly protocol: string; readonly host: string } | undefined {
  const [, what, protocol = '', host = ''] = (prompt.length > 4096 ? null : PROMPT.exec(prompt)) ?? [];
  if (what === undefined) return undefined;
  return { asks: what === 'Username' ? 'username' : 'password', protocol, host: host.toLowerCase() };
}
