import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';

/** A GitHub: github.com, one of GitHub's own subdomains for a company, or a server of one's own. */
export interface GithubHost {
  /** As credentials are asked for: `github.com`, `git.example.org:8443`. */
  readonly name: string;
  /** Base of its REST API, without a `/` at the end. */
  readonly api: URL;
}

const HOST = /^(?=.{1,253}(?::|$))[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/;

/**
 * The GitHub meant: the one named, else `GH_HOST`, else github.com.
 *
 * @throws BitError `usage`
 */
export function githubHost(
  env: Readonly<Record<string, string | undefined>>,
  asked: { readonly host: string | undefined; readonly api: string | undefined },
): GithubHost {
  const name = (asked.host ?? (env['GH_HOST'] || 'github.com')).toLowerCase();
  if (!HOST.test(name))
    throw new BitError('usage', `'${printable(shorten(name))}' is no name of a host`, {
      hint: 'write it as in an address: github.com, git.example.org:8443',
    });
  return { name, api: asked.api === undefined ? apiOf(name) : checkApi(asked.api) };
}

function apiOf(name: string): URL {
  if (name === 'github.com') return new URL('https://api.github.com');
  return new URL(name.endsWith('.ghe.com') ? `https://api.${name}` : `https://${name}/api/v3`);
}

function checkApi(text: string): URL {
  const url = URL.parse(text);
  const plain =
    url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (plain && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))))
    return url;
  throw new BitError('usage', `'${printable(shorten(text))}' is no address of an API`, {
    hint: 'https://HOST/api/v3; http only for 127.0.0.1',
  });
}

/** Whether a name is this machine: to nobody else a credential goes without TLS. */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/.test(hostname);
}
