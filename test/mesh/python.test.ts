import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { PeerChannel } from '../../src/mesh/channel/index.ts';
import { signPayload, verifyPayload } from '../../src/mesh/identity/index.ts';
import type { Message } from '../../src/mesh/protocol/index.ts';
import { requireService, suite } from '../suite.ts';
import { ground, newSigner } from './ground.ts';
import { sample } from './samples.ts';

const PYTHON = '/usr/bin/python3';
const SCHEMAS = join(import.meta.dirname, '../../docs/schema/mesh');
const there = spawnSync(PYTHON, ['-c', 'import websockets, jsonschema, cryptography']).status === 0;

async function runPython(address: string): Promise<{ status: number | null; said: string }> {
  const child = spawn(PYTHON, ['-W', 'ignore', join(import.meta.dirname, 'runner.py'), SCHEMAS, address]);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (said += data.toString()));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, said };
}

suite('a runner in another language, from the published schemas alone', (test) => {
  for (const tls of [false, true])
    test(`takes a job from HELLO to JOB_RESULT ${tls ? 'over TLS' : 'without TLS'}`, async () => {
      if (!requireService('python3-websockets, -jsonschema and -cryptography', there)) return;
      const signer = newSigner();
      const heard: string[] = [];
      const job = { ...(sample('JOB_OFFER')['payload'] as object), job_id: 'J-1' } as never;
      const lease = { job_id: 'J-1', fence: 3, lease_s: 30, attempt: 1, job };
      const answer = (message: Message, channel: PeerChannel): void => {
        heard.push(message.type);
        if (message.type === 'HEARTBEAT') {
          // once its mistake was answered
          setTimeout(() => channel.send('JOB_OFFER', job), 300);
        } else if (message.type === 'JOB_BID')
          channel.send(
            'JOB_ASSIGN',
            signPayload('JOB_ASSIGN', { ...lease, runner_id: channel.peer.id }, signer),
          );
        else if (message.type === 'JOB_LOG') {
          const offset = Buffer.byteLength(message.payload.data);
          channel.send('JOB_LOG_ACK', { job_id: 'J-1', fence: 3, offset });
        } else if (message.type === 'JOB_RESULT') {
          const committed = verifyPayload('JOB_RESULT', message.payload, channel.peer.public_key);
          channel.send(
            'JOB_COMMITTED',
            { job_id: 'J-1', fence: 3, committed, duplicate: false },
            message.msg_id,
          );
        }
      };
      const mesh = await ground({ tls, signer, take: answer });
      const { status, said } = await runPython(mesh.listener.address);
      assert.is(status, 0, said);
      assert.match(said, 'committed J-1');
      assert.equal(heard, ['HEARTBEAT', 'JOB_BID', 'JOB_STATE', 'JOB_LOG', 'JOB_RESULT']);
      await mesh.end();
    });
});
