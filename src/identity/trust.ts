import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { SIGNERS_FILE } from '../guard/index.ts';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { printable, shorten } from '../kernel/text.ts';
import { fingerprintOf, type PublicKey, publicKeyFromOpenssh, trustSigner } from '../keys/index.ts';
import type { Effect, Reader } from '../operation/index.ts';

export interface TrustResult {
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly principal: string;
  readonly file: string;
  /** False where the line stood there already. */
  readonly added: boolean;
}

export interface TrustQuestion {
  /** `ed25519:<hex>`, an OpenSSH public key or a file with one; default one's own current key. */
  readonly key: string | undefined;
  /** Whose it is, an e-mail address; default git's user. */
  readonly principal: string | undefined;
}

/** Adds a line to the tree's allowed_signers, every other byte of which stays. */
export async function trustKey(reader: Reader, question: TrustQuestion): Promise<Effect<TrustResult>> {
  const { root } = reader.git.paths;
  if (root === undefined)
    throw new BitError('unsupported', 'a bare repository has no tree to write trusted signers to');
  const publicKey = question.key === undefined ? await ownKey(reader) : readKey(reader, question.key);
  const principal = question.principal ?? (await reader.git.config('user.email'));
  if (principal === undefined || principal === '') {
    throw new BitError('usage', 'whose key is it?', {
      hint: 'say --as ada@example.org, or set git’s user.email',
    });
  }
  const path = join(root, SIGNERS_FILE);
  stayInside(root, path);
  const before = readTextIfExists(path) ?? '';
  const text = trustSigner(before, { principal, publicKey, comment: principal });
  const fingerprint = fingerprintOf(publicKey);
  return {
    summary: `trust ${fingerprint} as ${principal}`,
    target: { public_key: publicKey, principal, file: SIGNERS_FILE },
    plan:
      text === before
        ? ['nothing: the line stands there already']
        : [`add a line for ${principal} to ${SIGNERS_FILE}`],
    touches: { refs: [], files: [path] },
    async run() {
      if (text !== before) writeFileAtomic(path, text);
      return { publicKey, fingerprint, principal, file: SIGNERS_FILE, added: text !== before };
    },
    record: (out) => ({ public_key: out.publicKey, principal: out.principal, added: out.added }),
  };
}

async function ownKey(reader: Reader): Promise<PublicKey> {
  const current = (await reader.keys.list()).find((key) => key.current);
  if (current !== undefined) return current.publicKey;
  throw new BitError('not-found', 'you have no key yet', { hint: 'make one with: bit key new' });
}

function readKey(reader: Reader, given: string): PublicKey {
  if (/^ed25519:[0-9a-f]{64}$/.test(given)) return given as PublicKey;
  const path = resolve(reader.cwd, given);
  const isFile =
    !/\s/.test(given) && existsSync(path) && statSync(path).isFile() && statSync(path).size < 65_536;
  const text = isFile ? readFileSync(path, 'utf8') : given;
  const [, blob = ''] = /(?:^|\s)ssh-ed25519\s+([A-Za-z0-9+/]+={0,2})/.exec(text) ?? [];
  const publicKey = blob === '' ? undefined : publicKeyFromOpenssh(blob);
  if (publicKey !== undefined) return publicKey;
  throw new BitError('usage', `not an Ed25519 public key: ${printable(shorten(given))}`, {
    hint: 'give ed25519:<64 hex digits>, a line "ssh-ed25519 AAAA…", or a file that holds one',
  });
}

/** A link in the tree must not make `bit` write outside of it. */
function stayInside(root: string, path: string): void {
  let place = path;
  while (!existsSync(place)) place = dirname(place);
  const away = relative(realpathSync(root), realpathSync(place));
  if (away.startsWith('..') || away.startsWith(sep)) {
    throw new BitError('integrity', `${SIGNERS_FILE} leads out of the repository through a link`);
  }
}
