import { type PeerChannel, refusal } from '../channel/index.ts';
import { describeTask } from '../client/describe.ts';
import { type JobRecord, type JobStanding, jobStanding } from '../lifecycle/index.ts';
import type { Message, PayloadOf } from '../protocol/index.ts';
import { answerCommon } from './common-messages.ts';
import type { MeshController } from './controller.ts';
import { statusOf } from './status.ts';
import { stateOf } from './watchers.ts';

type Row = PayloadOf<'JOB_LIST'>['jobs'][number];

/** What each message asks of the gate; others only read. */
const ACTIONS: Readonly<Partial<Record<Message['type'], string>>> = {
  JOB_SUBMIT: 'job.submit',
  JOB_CANCEL: 'job.cancel',
  JOB_RETRY: 'job.retry',
  MESH_DRAIN: 'mesh.drain',
};

/** What a client says. @throws a refusal */
export function takeFromClient(
  controller: MeshController,
  message: Message,
  channel: PeerChannel,
): void | Promise<void> {
  const { engine } = controller;
  const peer = controller.peerOf(channel);
  const by = channel.peer.id;
  const action = ACTIONS[message.type];
  if (action !== undefined && 'payload' in message) requireAllowed(controller, action, message, channel);
  switch (message.type) {
    case 'JOB_SUBMIT': {
      const { job, idempotency_key: key } = message.payload;
      return engine.feed({ type: 'submit', peer, re: message.msg_id, submitter: by, key, job });
    }
    case 'JOB_CANCEL': {
      const { job_id, reason } = message.payload;
      return engine.feed({ type: 'cancel', peer, re: message.msg_id, by, job_id, reason });
    }
    case 'JOB_RETRY':
      return engine.feed({ type: 'retry', peer, re: message.msg_id, by, job_id: message.payload.job_id });
    case 'MESH_DRAIN':
      return engine.feed({ type: 'drain', peer, re: message.msg_id, by, ...message.payload });
    case 'JOB_QUERY':
      return list(controller, message, channel);
    case 'JOB_WATCH':
      return watch(controller, message, channel);
    case 'MESH_QUERY': {
      channel.send('MESH_STATUS', statusOf(controller, message.payload.peers), message.msg_id);
      return;
    }
    default:
      return answerCommon(controller, message, channel);
  }
}

/** @throws a refusal with the rule's own words, which the ledger keeps */
function requireAllowed(
  { judge, instruments, notes }: MeshController,
  action: string,
  message: Message & { readonly payload: object },
  { peer }: PeerChannel,
): void {
  const refused = judge.asks(action, message, peer);
  if (refused === undefined) return;
  instruments.refused(action);
  const { type, payload } = message;
  const job = 'job_id' in payload && typeof payload.job_id === 'string' ? { job_id: payload.job_id } : {};
  const { reason, decision } = refused;
  notes.add({
    event: type,
    denied: true,
    payload: { ...job, action, client: peer.id, reason, policy: decision },
  });
  throw refusal('policy', refused.reason, job);
}

async function list(
  controller: MeshController,
  { payload, msg_id }: Extract<Message, { type: 'JOB_QUERY' }>,
  channel: PeerChannel,
): Promise<void> {
  const { ended_since: given, ...rest } = payload;
  const since = given === undefined ? Number.NaN : Date.parse(given);
  if (given !== undefined && Number.isNaN(since))
    throw refusal('malformed', `${given} is no time`, { field: '/payload/ended_since' });
  const ended = given === undefined ? {} : { ended_since: new Date(since).toISOString() };
  const { jobs, next } = await controller.parts.store.list({ ...rest, ...ended });
  const rows = jobs.map((record) => rowOf(record, controller.standing(record)));
  channel.send('JOB_LIST', { jobs: rows, ...(next === undefined ? {} : { next }) }, msg_id);
}

async function watch(
  controller: MeshController,
  { payload, msg_id }: Extract<Message, { type: 'JOB_WATCH' }>,
  channel: PeerChannel,
): Promise<void> {
  const { job_id } = payload;
  const live = jobStanding(controller.engine.mesh, job_id);
  const kept = live === undefined ? await controller.parts.store.job(job_id) : undefined;
  const known = live ?? (kept && controller.standing(kept.record));
  if (known === undefined)
    throw refusal('not-found', `there is no job ${job_id}`, { field: '/payload/job_id', job_id });
  channel.send('JOB_STATE', stateOf(known), msg_id);
  controller.watchers.add(channel, payload, known);
}

function rowOf(record: JobRecord, standing: JobStanding): Row {
  const { job, end } = record;
  const { signature: _, ...result } = end?.result ?? {};
  return {
    job_id: record.job_id,
    state: standing.state,
    standard: standing.standard,
    repo: job.repo,
    ...(job.commit === undefined ? {} : { commit: job.commit }),
    summary: describeTask(job)
      .replace(/[\u0000-\u001f\u007f]+/g, ' ')
      .slice(0, 500),
    priority: job.priority,
    submitted_by: record.submitted_by,
    submitted_at: record.submitted_at,
    ...(record.started_at === undefined ? {} : { started_at: record.started_at }),
    ...(end === undefined ? {} : { ended_at: end.at }),
    ...(standing.runner_id === undefined ? {} : { runner_id: standing.runner_id }),
    attempt: record.attempt,
    ...(standing.reason === undefined ? {} : { reason: standing.reason.slice(0, 2000) }),
    ...(end?.result === undefined ? {} : { result: result as NonNullable<Row['result']> }),
  };
}
