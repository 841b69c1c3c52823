import { request } from 'node:http';
import { RELEASED } from '../../protocol/limits.ts';
import { secured } from '../../transport/secured.ts';
import type { Released } from './words.ts';

const PATIENCE_MS = 5000;

/** Whether the controller has heard it. It goes only to the certificate that the runner's own connection had. */
export async function postReleased(
  { address, endPoint }: { readonly address: string; readonly endPoint: string | undefined },
  released: Released,
): Promise<boolean> {
  const url = new URL(address.replace(/^ws/, 'http'));
  const body = JSON.stringify(released);
  try {
    const socket = url.protocol === 'https:' ? await secured(url, endPoint) : undefined;
    return await new Promise<boolean>((resolve, reject) => {
      const asked = request(
        {
          method: 'POST',
          path: RELEASED,
          host: url.hostname.replace(/^\[|\]$/g, ''),
          port: url.port,
          headers: {
            host: url.host,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          },
          timeout: PATIENCE_MS,
          // an agent, also `false`, would open a connection of its own
          ...(socket === undefined ? { agent: false } : { createConnection: () => socket }),
        },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode === 200);
        },
      );
      asked.on('timeout', () => asked.destroy(new Error('nobody answers')));
      asked.on('error', reject);
      asked.end(body);
    });
  } catch {
    return false;
  }
}
