/** The address of a repository as a job names it: `git+https://host/path#branch`. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BitError } from '../../kernel/errors.ts';
import { printable } from '../../kernel/text.ts';

const SCHEME = /^(https?|ssh|git|file):\/\//i;

/**
 * Any form git takes for a remote, without the user's secrets: a password or token in an address stays at home.
 *
 * @param base what a relative path starts from
 *
 * @throws BitError `usage` for what is no address
 */
export function jobRepository(remote: string, branch: string | undefined, base?: string): string {
  const plain = remote.replace(/^git\+/, '');
  // git takes a remote's path from where the repository is
  const address = addressOf(
    base !== undefined && /^\.\.?([\\/]|$)/.test(plain) ? resolve(base, plain) : plain,
  );
  const [bare = '', ref] = address.split('#', 2);
  const fragment = ref ?? branch;
  const whole = `git+${bare}${fragment === undefined || fragment === '' ? '' : `#${fragment}`}`;
  if (/[\s\u0000-\u001f\u007f]/.test(whole) || whole.length > 2000)
    throw new BitError('usage', `${printable(remote)} is no address of a repository`);
  return whole;
}

function addressOf(remote: string): string {
  if (SCHEME.test(remote)) return withoutSecrets(remote);
  const scp = /^(?:([^/@:\s]+)@)?([^/:@\s[\]]{2,}|\[[0-9A-Fa-f:.]+\]):([^\s]+)$/.exec(remote);
  if (scp !== null) {
    const [, user, host, path = ''] = scp;
    return `ssh://${user === undefined ? '' : `${user}@`}${host}/${path.replace(/^\/+/, '')}`;
  }
  if (remote.startsWith('/') || /^[A-Za-z]:[\\/]/.test(remote)) return pathToFileURL(remote).href;
  throw new BitError('usage', `${printable(remote)} is no address of a repository`, {
    hint: 'such as https://host/owner/name.git, git@host:owner/name.git or an absolute path',
  });
}

function withoutSecrets(remote: string): string {
  if (!URL.canParse(remote))
    throw new BitError('usage', `${printable(remote)} is no address of a repository`);
  const url = new URL(remote);
  url.password = '';
  if (url.protocol.startsWith('http')) url.username = '';
  return url.href;
}
