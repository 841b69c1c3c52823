import { BitError } from '../kernel/errors.ts';
import { ulid } from '../kernel/ids.ts';
import type { JsonObject } from '../kernel/json.ts';
import { maskJson, maskSecrets } from '../kernel/secrets.ts';
import { causeText } from './cause.ts';
import { vouchOf } from './vouch.ts';
import { written } from './within.ts';
import type { OperationWorld } from './world.ts';

/**
 * A query that the token of a bot does not carry: recorded as refused, for what a bot tried is to be seen.
 *
 * @throws BitError `denied` always
 */
export async function refuseRead(
  world: OperationWorld,
  {
    command,
    args,
    message,
  }: { readonly command: string; readonly args: JsonObject; readonly message: string },
): Promise<never> {
  const identity = await world.identity();
  const cause = await world.cause?.();
  const denied = await world.ledger.append([
    {
      event: 'READ_DENIED',
      phase: 'denied',
      op: ulid(world.reader.now().getTime()),
      parent: world.parent ?? null,
      as: identity.as,
      payload: {
        action: `read.${command}`,
        command,
        args: maskJson(args) as JsonObject,
        messages: [maskSecrets(message)],
        ...(cause === undefined ? {} : { cause: causeText(cause) }),
        ...vouchOf(world),
      },
    },
  ]);
  world.mirror(written(denied));
  throw new BitError('denied', `read.${command} is denied: ${message}`, {
    details: { action: `read.${command}` },
  });
}
