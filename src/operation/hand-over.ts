import { isJsonObject } from '../kernel/json.ts';
import type { LedgerReader } from '../ledger/index.ts';
import type { ActionRequest, Effect } from './index.ts';
import type { OperationWorld } from './world.ts';

const ROTATION: ActionRequest = {
  action: 'key.rotate',
  event: 'KEY_ROTATE',
  command: 'key.rotate',
  args: {},
};

interface HandedOver {
  readonly before: string;
  readonly publicKey: string;
}

/**
 * A key belongs to a user and a chain to a clone: one rotated or chosen elsewhere signs here for the first time, and no
 * other clone would believe it. So the key that signed here until now hands over in this chain too, as `bit key rotate`
 * does. Where that key isn't at hand (another person's clone, a key of the environment's) or was revoked, nothing is done.
 */
export async function handOver(
  world: OperationWorld,
  rotate: (world: OperationWorld, request: ActionRequest, effect: Effect<HandedOver>) => Promise<unknown>,
): Promise<void> {
  const { ledger } = world.reader;
  const head = ledger.head();
  if (head === undefined) return;
  const { publicKey } = await world.identity();
  if (head.actor === publicKey) return;
  const first = ledger.at(head.chain, 0);
  if (first?.actor === publicKey || named(ledger, ROTATION.event, head.chain).includes(publicKey)) return;
  const revoked = named(ledger, 'KEY_REVOKE');
  for (const before of new Set([head.actor, first?.actor ?? head.actor])) {
    const old = revoked.includes(before) ? undefined : await world.signedBy(before);
    if (old === undefined) continue;
    try {
      // a token narrows what is done under it; whose chain this is stays as it was
      const alone = {
        ...world,
        ...old,
        token: () => Promise.resolve(undefined),
        cause: () => Promise.resolve(undefined),
      };
      await rotate(alone, ROTATION, effectOf({ before, publicKey }));
    } finally {
      old.ledger.close();
    }
    return;
  }
}

function effectOf({ before, publicKey }: HandedOver): Effect<HandedOver> {
  return {
    summary: `hand over to ${publicKey} in this clone`,
    target: { before, key: publicKey },
    plan: [`believe ${publicKey} in this chain from here on`],
    touches: { refs: [], files: [] },
    async run(writer) {
      writer.notice(`note: ${publicKey} signs here from now on; ${before} handed over`);
      return { before, publicKey };
    },
    record: () => ({ before, public_key: publicKey }),
  };
}

/** Keys that such entries name. */
function named(ledger: LedgerReader, event: string, chain?: string): string[] {
  const wanted = { event, phase: 'outcome' as const, ...(chain === undefined ? {} : { chain }) };
  return [...ledger.entries(wanted)].flatMap(({ payload }) => {
    const result = payload?.['ok'] === true ? payload['result'] : undefined;
    const key = isJsonObject(result) ? result['public_key'] : undefined;
    return typeof key === 'string' ? [key] : [];
  });
}
