import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
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
