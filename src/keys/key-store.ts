import { BitError } from '../kernel/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const SERVICE = 'bithub';

/** The three calls of keytar that are used. */
interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

/** A key store that asks its user to unlock it may take a while; one that hangs must not take for ever. */
const PATIENCE = 60_000;

async function load(): Promise<Keytar> {
  const module = (await import('keytar')) as unknown as Keytar & { readonly default?: Keytar };
  return module.default ?? module;
}

/** Whether there is an operating system key store worth trying: on Linux it is reached over the session bus only. */
export function hasKeyStore(env: Environment): boolean {
  if (process.platform === 'darwin' || process.platform === 'win32') return true;
  return process.platform === 'linux' && (env.DBUS_SESSION_BUS_ADDRESS ?? '') !== '';
}

/** @throws whatever keytar does: it isn't installed, has no bus, is locked */
export async function putSecret(account: string, secret: string): Promise<void> {
  const keytar = await load();
  await patiently(keytar.setPassword(SERVICE, account, secret));
  // Some services accept and forget; a key that can't be read again must not be used.
  if ((await patiently(keytar.getPassword(SERVICE, account))) !== secret) {
    throw new Error('the key store did not keep the secret');
  }
}

export async function getSecret(account: string): Promise<string | undefined> {
  const keytar = await load();
  return (await patiently(keytar.getPassword(SERVICE, account))) ?? undefined;
}

export async function deleteSecret(account: string): Promise<void> {
  const keytar = await load();
  await patiently(keytar.deletePassword(SERVICE, account));
}

async function patiently<Out>(work: Promise<Out>): Promise<Out> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new BitError('busy', 'the key store does not answer')), PATIENCE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
