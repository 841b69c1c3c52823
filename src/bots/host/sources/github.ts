import type { Reader } from '../../../operation/index.ts';
import { readSecret } from '../../../secrets/index.ts';
import { type Listener, listen } from '../../../trigger/index.ts';
import type { Happening } from '../match.ts';
import type { Queue } from '../queue.ts';

export interface Webhooks {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Name of the secret that signs them. */
  readonly secret: string;
}

/**
 * Listens for GitHub's webhooks; each is in the queue before it is acknowledged, so that GitHub sends again what was not.
 * Nothing of a body is read before its signature holds; one that came before is refused, by its id and by its bytes.
 */
export async function listenForGithub(
  reader: Reader,
  queue: Queue,
  { host, port, secret }: Webhooks,
  accept: (happening: Happening) => Promise<void>,
  read: (reader: Reader, name: string) => Promise<string> = readSecret,
): Promise<Listener> {
  const value = await read(reader, secret);
  return listen({
    ...{ host, port, receivers: [{ trigger: 'bots', secret: value }] },
    deliveries: { has: (mark) => queue.hasMark(mark), add: (marks) => queue.mark(marks) },
    async accept({ kind, id, payload }) {
      const action = typeof payload['action'] === 'string' ? payload['action'] : undefined;
      const ref = typeof payload['ref'] === 'string' ? payload['ref'] : undefined;
      const branch = ref?.startsWith('refs/heads/') === true ? ref.slice('refs/heads/'.length) : undefined;
      await accept({
        id: `github:${id}`,
        event: 'github',
        kind: action === undefined ? kind : `${kind}.${action}`,
        ts: reader.now().toISOString(),
        facts: { delivery: id, name: kind, action: action ?? null, payload },
        branches: branch === undefined ? [] : [branch],
      });
    },
  });
}
