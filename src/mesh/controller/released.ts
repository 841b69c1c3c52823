/**
 * Leases given back by who saw their runner end: what it signed beforehand is the proof, so nobody needs a session for
 * it. A lease that is over, or was another's, is passed over; the answer tells a stranger nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isJsonObject, type Json } from '../../kernel/json.ts';
import { verifyRelease } from '../identity/index.ts';
import { recordOf } from '../lifecycle/index.ts';
import type { MeshController } from './controller.ts';

const MOST_BYTES = 256 * 1024;
/** As many as a runner may hold. */
const MOST_LEASES = 1024;

interface Told {
  readonly runner_id: string;
  readonly job_id: string;
  readonly fence: number;
  readonly signature: string;
}

export async function takeReleased(
  { engine }: MeshController,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const said = await read(request);
  if (said === undefined) {
    response.writeHead(400, { connection: 'close' }).end();
    return;
  }
  if (!engine.ready) {
    response.writeHead(503, { 'retry-after': '1' }).end();
    return;
  }
  const leases = said.flatMap((one) => {
    const lease = recordOf(engine.mesh, one.job_id)?.record.lease;
    // only of a lease that stands is a signature looked at: the rest costs nothing
    if (lease?.fence !== one.fence || lease.runner_id !== one.runner_id) return [];
    const { public_key } = lease;
    return verifyRelease(one, public_key) ? [{ job_id: one.job_id, fence: one.fence, public_key }] : [];
  });
  if (leases.length > 0) engine.feed({ type: 'released', leases });
  response.writeHead(200).end();
}

async function read(request: IncomingMessage): Promise<readonly Told[] | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MOST_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  try {
    return toldIn(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Json);
  } catch {
    return undefined;
  }
}

function toldIn(value: Json): readonly Told[] | undefined {
  if (!isJsonObject(value) || typeof value['runner_id'] !== 'string') return undefined;
  const { runner_id, leases } = value;
  if (!Array.isArray(leases) || leases.length > MOST_LEASES) return undefined;
  const told = leases.flatMap((one): Told[] => {
    if (!isJsonObject(one)) return [];
    const { job_id, fence, signature } = one;
    const sound =
      typeof job_id === 'string' &&
      Number.isSafeInteger(fence) &&
      typeof signature === 'string' &&
      /^[A-Za-z0-9_-]{86}$/.test(signature);
    return sound ? [{ runner_id, job_id, fence: fence as number, signature }] : [];
  });
  return told.length === leases.length ? told : undefined;
}
