import { BitError } from '../../kernel/errors.ts';
import { rememberSecret } from '../../kernel/secrets.ts';
import type { Writer } from '../../operation/index.ts';
import { mintToken, presentedToken, uncovered } from '../../token/index.ts';
import type { DeployedBot } from '../model.ts';

interface Held {
  readonly token: string;
  /** What it was made for: the capabilities, in their order. */
  readonly granted: string;
  readonly until: number;
}

/** Seconds a token lives beyond the longest event it is for. */
const LIFE = 3600;

/** What stands in a token that carries nothing: a token carries at least one capability. */
const NOTHING = 'none:none';

/** What the host holds of a bot by itself, and no token. */
const OF_THE_SANDBOX = /^(?:tree|network):/;

/** The tokens of the bots: each carries what its bot was granted, lives for an hour or so, and is minted anew after. */
export class BotTokens {
  readonly #writer: Writer;
  readonly #held = new Map<string, Held>();

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /** Good for one event at least. @throws BitError `denied` where the host itself may not so much */
  async of({ manifest, granted }: DeployedBot): Promise<string> {
    const { name, limits } = manifest;
    const now = this.#writer.now().getTime();
    const needed = now + (limits.seconds + 120) * 1000;
    const carried = granted.filter((one) => !OF_THE_SANDBOX.test(one));
    const told = JSON.stringify(carried);
    const held = this.#held.get(name);
    if (held !== undefined && held.granted === told && held.until > needed) return held.token;
    await this.#refuseWider(name, carried);
    const seconds = LIFE + limits.seconds;
    const effect = await mintToken(this.#writer, {
      capabilities: carried.length === 0 ? [NOTHING] : carried,
      audience: ['bithub'],
      subject: `bot:${name}`,
      policy: {},
      seconds,
      holder: undefined,
      output: undefined,
    });
    const request = { action: 'token.mint', event: 'TOKEN_MINT', command: 'bot.run', args: { bot: name } };
    const { token } = await this.#writer.perform(request, effect);
    if (token === null) throw new Error('a token that was to be returned was written');
    rememberSecret(token);
    this.#held.set(name, { token, granted: told, until: now + seconds * 1000 });
    return token;
  }

  /** Under a token of its own the host gives no bot more than that. */
  async #refuseWider(name: string, granted: readonly string[]): Promise<void> {
    const gate = await presentedToken(this.#writer);
    const own = gate?.facts['cap'];
    if (!Array.isArray(own)) return;
    const wider = uncovered(own as readonly string[], granted);
    if (wider.length === 0) return;
    throw new BitError(
      'denied',
      `${name} was granted ${wider.join(', ')}, which the token of this host does not carry`,
    );
  }
}
