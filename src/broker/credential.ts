import { BitError, isBitError } from '../kernel/errors.ts';
import { rememberSecret } from '../kernel/secrets.ts';
import type { Reader } from '../operation/index.ts';
import { readSecret } from '../secrets/index.ts';
import { isOwnToken } from '../token/index.ts';

export interface GithubCredential {
  readonly value: string;
  /** Where it came from: `GH_TOKEN`, `secret:GITHUB_TOKEN`. */
  readonly source: string;
}

const VARIABLES = ['GH_TOKEN', 'GITHUB_TOKEN'];
const ENTERPRISE_VARIABLES = ['GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN'];
const SECRET = 'GITHUB_TOKEN';
const ENTERPRISE_SECRET = 'GH_ENTERPRISE_TOKEN';

/**
 * The real credential for a GitHub: of the environment, by the names its own tools read, else of the secrets. The one
 * of github.com goes to no other host. A `.bithub.token` under those names, as a child of the broker has it, is none.
 *
 * @throws BitError `auth` where there is none, saying how to give one
 */
export async function githubCredential(
  reader: Reader,
  asked: { readonly host: string; readonly secret: string | undefined },
): Promise<GithubCredential> {
  const own = asked.host === 'github.com' || asked.host.endsWith('.ghe.com');
  if (asked.secret === undefined) {
    for (const source of own ? VARIABLES : ENTERPRISE_VARIABLES) {
      const value = reader.env[source]?.trim() ?? '';
      if (value !== '' && !isOwnToken(value)) return checked({ value, source });
    }
  }
  const name = asked.secret ?? (own ? SECRET : ENTERPRISE_SECRET);
  try {
    return checked({ value: (await readSecret(reader, name)).trim(), source: `secret:${name}` });
  } catch (error) {
    if (!isBitError(error, 'not-found')) throw error;
    throw new BitError('auth', `there is no GitHub credential for ${asked.host}`, {
      hint: `keep one with: bit secret set ${name} --user`,
      cause: error,
    });
  }
}

/** It becomes a header's value: one line of visible characters. */
function checked(credential: GithubCredential): GithubCredential {
  rememberSecret(credential.value);
  if (/^[\x21-\x7e]{1,4096}$/.test(credential.value)) return credential;
  throw new BitError(
    'auth',
    `${credential.source} holds no GitHub credential: it is one line of visible characters`,
  );
}
