import type { PeerChannel } from '../channel/index.ts';
import { refusal } from '../channel/index.ts';
import { verifyPayloadAside } from '../identity/index.ts';
import type { Message } from '../protocol/index.ts';
import { answerCommon } from './common-messages.ts';
import type { MeshController } from './controller.ts';

/** What a runner says. @throws a refusal */
export function takeFromRunner(
  controller: MeshController,
  message: Message,
  channel: PeerChannel,
): void | Promise<void> {
  const { engine } = controller;
  const peer = controller.peerOf(channel);
  switch (message.type) {
    case 'HEARTBEAT':
      return engine.feed({
        type: 'heartbeat',
        peer,
        load: message.load,
        draining: message.draining === true,
      });
    case 'JOB_BID': {
      const { job_id, ...terms } = message.payload;
      return engine.feed({ type: 'bid', peer, re: message.msg_id, job_id, terms });
    }
    case 'JOB_CLAIM':
      return engine.feed({ type: 'bid', peer, re: message.msg_id, job_id: message.payload.job_id });
    case 'JOB_DECLINE':
      return engine.feed({ type: 'decline', peer, ...message.payload });
    case 'JOB_STATE': {
      const { job_id, fence, state, reason } = message.payload;
      if (fence === undefined)
        throw refusal('malformed', 'a runner tells under which lease', { field: '/payload/fence' });
      return engine.feed({
        type: 'progress',
        peer,
        job_id,
        fence,
        state,
        ...(reason === undefined ? {} : { reason }),
      });
    }
    case 'LEASE_RENEW':
      return engine.feed({ type: 'renew', peer, re: message.msg_id, leases: message.payload.leases });
    case 'JOB_RESULT':
      return takeResult(controller, message, channel);
    case 'JOB_LOG':
      return keepOutput(controller, message, channel);
    default:
      return answerCommon(controller, message, channel);
  }
}

async function takeResult(
  controller: MeshController,
  { payload, msg_id }: Extract<Message, { type: 'JOB_RESULT' }>,
  channel: PeerChannel,
): Promise<void> {
  const peer = controller.peerOf(channel);
  if (!(await verifyPayloadAside('JOB_RESULT', payload, channel.peer.public_key)))
    throw refusal('forbidden', "the signature is not this runner's", { field: '/payload/signature' });
  controller.engine.feed({ type: 'result', peer, re: msg_id, end: payload });
}

async function keepOutput(
  controller: MeshController,
  { payload, msg_id }: Extract<Message, { type: 'JOB_LOG' }>,
  channel: PeerChannel,
): Promise<void> {
  const { job_id, fence } = payload;
  if (!controller.holds(channel, job_id, fence))
    throw refusal('stale-fence', `${job_id} is not leased to ${channel.peer.id} under ${fence}`, { job_id });
  const [offset = 0] = await controller.parts.store.logs.append([payload]);
  channel.send('JOB_LOG_ACK', { job_id, fence, offset }, msg_id);
  if (controller.watchers.has(job_id)) controller.watchers.output(job_id);
}
