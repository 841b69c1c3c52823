import type { JsonObject } from '../../kernel/json.ts';
import { type PeerChannel, refusal } from '../channel/index.ts';
import type { Message } from '../protocol/index.ts';
import type { MeshController } from './controller.ts';

/** Bytes of an event's context that the ledger keeps. */
const MOST_CONTEXT = 4096;

/** What runners and clients both may say. @throws a refusal */
export async function answerCommon(
  controller: MeshController,
  message: Message,
  channel: PeerChannel,
): Promise<void> {
  const { id } = channel.peer;
  switch (message.type) {
    case 'ARTIFACT_PUT': {
      const { job_id, fence } = message.payload;
      if (
        channel.peer.role === 'runner' &&
        !(job_id !== undefined && controller.holds(channel, job_id, fence))
      )
        throw refusal('stale-fence', 'a runner keeps artifacts under a lease it holds', {
          field: '/payload/job_id',
        });
      channel.send('ARTIFACT_READY', await controller.artifacts.put(message.payload, id), message.msg_id);
      return;
    }
    case 'ARTIFACT_GET':
      channel.send('ARTIFACT_READY', await controller.artifacts.get(message.payload), message.msg_id);
      return;
    case 'POLICY_QUERY': {
      const { package: name, rule, input } = message.payload;
      const answer = controller.parts.queryPolicy(name, rule, input as JsonObject);
      channel.send('POLICY_ANSWER', { package: name, rule, ...answer }, message.msg_id);
      return;
    }
    case 'EVENT_EMIT': {
      const { source, event, tags, context } = message.payload;
      if (source !== id)
        throw refusal('forbidden', `${id} does not speak for ${source}`, { field: '/payload/source' });
      const whole = JSON.stringify(context).length <= MOST_CONTEXT;
      const payload = { source, event, tags, context: whole ? (context as JsonObject) : { left_out: true } };
      controller.notes.add({ event: 'EVENT_EMIT', payload });
      const job = context['job_id'];
      for (const other of controller.channels.values())
        if (other !== channel && other.peer.role === 'client' && !other.full)
          other.send('EVENT_EMIT', message.payload);
      controller.parts.emitted?.(message.payload, typeof job === 'string' ? job : undefined);
      return;
    }
    case 'ERROR':
    case 'ACK':
    case 'JOB_LOG_ACK':
    case 'POLICY_ANSWER':
      return;
    default:
      throw refusal('out-of-order', `${message.type} is not said by a ${channel.peer.role}`, {
        field: '/type',
      });
  }
}
