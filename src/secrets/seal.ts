import { BitError } from '../kernel/errors.ts';

/** log2 of scrypt's N: a quarter of a second, as the passphrase is asked for each time anyway. */
const WORK_FACTOR = 15;

/** An age file (age-encryption.org/v1) with a scrypt recipient. */
export async function seal(value: string, passphrase: string): Promise<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(WORK_FACTOR);
  encrypter.setPassphrase(passphrase);
  return encrypter.encrypt(value);
}

/** @throws BitError `auth` where the passphrase does not open it */
export async function unseal(
  file: Uint8Array,
  options: { readonly passphrase: string; readonly name: string },
) {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addPassphrase(options.passphrase);
  try {
    return await decrypter.decrypt(file, 'text');
  } catch (error) {
    throw new BitError('auth', `the passphrase does not open secret ${options.name}`, { cause: error });
  }
}
