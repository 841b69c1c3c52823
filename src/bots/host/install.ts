import type { Effect, Reader } from '../../operation/index.ts';
import { type InstallResult, installKeeper, type Keeper } from '../../schedule/index.ts';
import { checkSecretName } from '../../secrets/index.ts';
import type { Webhooks } from './sources/github.ts';

/** Where webhooks are taken, from the flags; undefined without a secret. @throws BitError `usage` for its name */
export function webhooksOf(
  secret: string | undefined,
  { host, port }: { readonly host: string; readonly port: number },
): Webhooks | undefined {
  return secret === undefined ? undefined : { secret: checkSecretName(secret), host, port };
}

/** Has the machine host the bots of this repository from now on. @throws BitError `missing-tool` */
export function installHost(
  reader: Reader,
  keeper: Keeper,
  webhooks: Webhooks | undefined,
): Promise<Effect<InstallResult>> {
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
