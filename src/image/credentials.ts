import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject } from '../kernel/json.ts';
import { rememberSecret } from '../kernel/secrets.ts';
import type { Reader } from '../operation/index.ts';
import { readSecret } from '../secrets/index.ts';
import type { ImageRequest } from './plan.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** By `--credentials env:NAME|secret:NAME`; undefined: those the engine has from its own login. */
export async function findCredentials(
  reader: Reader,
  request: ImageRequest,
): Promise<Credentials | undefined> {
  const { credentials, username } = request;
  if (credentials === undefined) return undefined;
  const [, kind, name] = /^(env|secret):(.+)$/.exec(credentials) ?? [];
  if (name === undefined || username === undefined)
    throw new BitError('usage', 'registry credentials are a source and a user name', {
      hint: '--credentials env:BITHUB_TOKEN --username NAME, or --credentials secret:NAME --username NAME',
    });
  const password = kind === 'secret' ? await readSecret(reader, name) : reader.env[name];
  if (password === undefined || password === '')
    throw new BitError('auth', `the variable ${name} is not set, so there is no password for the registry`);
  rememberSecret(password);
  return { username, password };
}

/**
 * Those an engine's own login left in its file (containers-auth.json(5), docker's config.json); undefined where there are
 * none, or where a credential helper keeps them.
 */
export function savedCredentials(env: Environment, registry: string): Credentials | undefined {
  const { REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, DOCKER_CONFIG, HOME } = env;
  const files = [
    REGISTRY_AUTH_FILE,
    XDG_RUNTIME_DIR && join(XDG_RUNTIME_DIR, 'containers', 'auth.json'),
    DOCKER_CONFIG && join(DOCKER_CONFIG, 'config.json'),
    HOME && join(HOME, '.docker', 'config.json'),
  ];
  for (const file of files) {
    const login = file ? loginIn(file, registry) : undefined;
    if (login !== undefined) return login;
  }
  return undefined;
}

function loginIn(file: string, registry: string): Credentials | undefined {
  let known: unknown;
  try {
    known = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // it isn't there, or is the engine's to complain of
  }
  const all = isJsonObject(known) ? known['auths'] : undefined;
  const one = isJsonObject(all) && Object.hasOwn(all, registry) ? all[registry] : undefined;
  const auth = isJsonObject(one) ? one['auth'] : undefined;
  if (typeof auth !== 'string') return undefined;
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const at = text.indexOf(':');
  if (at <= 0) return undefined;
  const login = { username: text.slice(0, at), password: text.slice(at + 1) };
  rememberSecret(login.password);
  return login;
}

/** In a private file for the engine (containers-auth.json(5)), never in its arguments; gone afterwards. */
export async function withAuthFile<Result>(
  credentials: Credentials | undefined,
  registry: string,
  work: (file: string | undefined) => Promise<Result>,
): Promise<Result> {
  if (credentials === undefined) return work(undefined);
  const directory = mkdtempSync(join(tmpdir(), 'bit-auth-'));
  try {
    chmodSync(directory, 0o700);
    // docker takes the folder of a config.json
    const file = join(directory, 'config.json');
    const auth = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
    rememberSecret(auth);
    writeFileAtomic(file, JSON.stringify({ auths: { [registry]: { auth } } }), { mode: 0o600 });
    return await work(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
