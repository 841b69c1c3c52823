import { BitError } from '../../kernel/errors.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { Effect, Reader } from '../../operation/index.ts';
import { type InstallResult, installKeeper, type Keeper } from '../../schedule/index.ts';
import { checkSecretName } from '../../secrets/index.ts';
import type { Webhooks } from './sources/github.ts';

/** Names and addresses, as they may stand in a unit of systemd. */
const HOST = /^(?!-)[0-9A-Za-z.:_-]{1,255}$/;

/** Where webhooks are taken, from the flags; undefined without a secret. @throws BitError `usage` for a name of neither */
export function webhooksOf(
  secret: string | undefined,
  { host, port }: { readonly host: string; readonly port: number },
): Webhooks | undefined {
  if (secret === undefined) return undefined;
  if (!HOST.test(host)) throw new BitError('usage', `${printable(shorten(host))} is no address to listen on`);
  return { secret: checkSecretName(secret), host, port };
}

/**
 * Has the machine host the bots of this repository from now on.
 *
 * @throws BitError `missing-tool`; `usage` for webhooks that GitHub would not find again
 */
export function installHost(
  reader: Reader,
  keeper: Keeper,
  webhooks: Webhooks | undefined,
): Promise<Effect<InstallResult>> {
  if (webhooks !== undefined && keeper === 'crontab')
    throw new BitError('usage', 'cron starts the host for a moment a minute: nobody would hear a webhook', {
      hint: 'take --install systemd for it',
    });
  if (webhooks?.port === 0)
    throw new BitError('usage', 'a host that is started anew listens where it did: name its --port');
  const listening =
    webhooks === undefined
      ? []
      : ['--webhook-secret', webhooks.secret, '--host', webhooks.host, '--port', String(webhooks.port)];
  return installKeeper(reader, keeper, {
    unit: 'bots',
    what: 'the bots',
    words: ['bot', 'run', ...listening],
    event: 'BOT_INSTALL',
  });
}
