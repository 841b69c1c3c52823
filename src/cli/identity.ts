import type { GitReader } from '../git/index.ts';
import { acceptedSigners } from '../guard/index.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { isTrusted } from '../keys/index.ts';
import type { Identity, Reader } from '../operation/index.ts';

/** Who acts: git's user from the environment or its configuration. */
export async function readIdentity(options: {
  readonly reader: Reader;
  readonly git: GitReader | undefined;
  /** Public key that signs; empty where there is none. */
  readonly publicKey: Promise<string>;
}): Promise<Identity> {
  const { reader, git } = options;
  const [publicKey, user] = await Promise.all([options.publicKey, readUser(reader, git)]);
  const signers = acceptedSigners(reader.stateDirectory);
  const name = maskSecrets(user.name).slice(0, 200);
  const email = maskSecrets(user.email).slice(0, 200);
  return {
    name,
    email,
    publicKey,
    as: name === '' && email === '' ? null : `${name} <${email}>`,
    trusted: signers === undefined || isTrusted(signers, publicKey, reader.now()),
  };
}

async function readUser(
  reader: Reader,
  git: GitReader | undefined,
): Promise<{ name: string; email: string }> {
  const { GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL } = reader.env;
  if (GIT_AUTHOR_NAME !== undefined && GIT_AUTHOR_EMAIL !== undefined) {
    return { name: GIT_AUTHOR_NAME, email: GIT_AUTHOR_EMAIL };
  }
  if (git === undefined) return { name: GIT_AUTHOR_NAME ?? '', email: GIT_AUTHOR_EMAIL ?? '' };
  const [name, email] = await Promise.all([git.config('user.name'), git.config('user.email')]);
  return { name: GIT_AUTHOR_NAME ?? name ?? '', email: GIT_AUTHOR_EMAIL ?? email ?? '' };
}
