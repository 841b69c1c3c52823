import type { GitReader } from '../git/index.ts';
import type { KeyRing } from '../keys/index.ts';
import { type Cause, type Identity, parseCause, type Reader, type TokenGate } from '../operation/index.ts';
import { readIdentity } from './identity.ts';
import type { Io } from './io.ts';
import { once } from './once.ts';

export interface Actor {
  /** Makes the first key where there is none. */
  identity(): Promise<Identity>;
  /** The user by another key of theirs. */
  identityOf(publicKey: string): Promise<Identity>;
  /** Makes and opens no key. */
  onlooker(): Promise<Identity>;
  token(): Promise<TokenGate | undefined>;
  /** The environment names a cause, whether it counts or not. */
  readonly causing: boolean;
  /** What led to this command; only what the bot's own token says of itself counts. */
  cause(): Promise<Cause | undefined>;
  /** Why the token carries neither a query nor the action whose command asks it. Only a bot's speaks on queries. */
  refusesRead(command: string, action?: string): Promise<string | undefined>;
}

/** Who acts: the user, or, under its token, a bot. */
export function openActor({
  io,
  reader,
  git,
  keys,
}: {
  readonly io: Io;
  readonly reader: Reader;
  readonly git: GitReader | undefined;
  readonly keys: () => KeyRing;
}): Actor {
  const shown = io.env['BITHUB_TOKEN'] ?? '';
  const named = io.env['BIT_CAUSE'] ?? '';
  const token = once(async (): Promise<TokenGate | undefined> => {
    if (shown === '') return undefined;
    const { presentedToken } = await import('../token/index.ts');
    return presentedToken(reader);
  });
  const user = (publicKey: Promise<string>): Promise<Identity> => readIdentity({ reader, git, publicKey });
  const acting = async (publicKey: Promise<string>): Promise<Identity> => {
    const found = await user(publicKey);
    const bot = (await token())?.bot;
    return bot === undefined ? found : { ...found, as: `bot:${bot}` };
  };
  const signing = async (): Promise<string> => (await keys().signer()).publicKey;
  const current = async (): Promise<string> => (await keys().current()) ?? '';
  return {
    identity: once(() => acting(signing())),
    identityOf: (publicKey) => user(Promise.resolve(publicKey)),
    onlooker: once(() => acting(current())),
    token,
    causing: named !== '',
    async cause() {
      const cause = named === '' ? undefined : parseCause(named);
      return cause !== undefined && cause.bot === (await token())?.bot ? cause : undefined;
    },
    async refusesRead(command, action) {
      if (shown === '') return undefined;
      const { saysBot } = await import('../token/index.ts');
      return saysBot(shown.trim()) ? (await token())?.refusesRead?.(command, action) : undefined;
    },
  };
}
