/** What clients ask, and the answers. */
import Type from 'typebox';
import {
  capabilities,
  closed,
  fence,
  fineState,
  identifier,
  jobId,
  ledgerPosition,
  line,
  persona,
  publicKey,
  standardState,
  timestamp,
} from '../fields.ts';
import { jobEnd, jobSpecification } from '../job.ts';
import { message } from './envelope.ts';

const jobIds = Type.Array(jobId, { minItems: 1, maxItems: 1000 });

export const CLIENT = {
  JOB_SUBMIT: message(
    'JOB_SUBMIT',
    'job.submit',
    { idempotency_key: line(128), job: jobSpecification },
    'From a client. The same key gives the same job.',
  ),
  JOB_ACCEPTED: message(
    'JOB_ACCEPTED',
    'job.accepted',
    { job_id: jobId, duplicate: Type.Boolean(), ledger: Type.Optional(ledgerPosition) },
    'The job is on disk.',
  ),
  JOB_QUERY: message(
    'JOB_QUERY',
    'job.query',
    {
      jobs: Type.Optional(jobIds),
      standard: Type.Optional(Type.Array(standardState, { maxItems: 5 })),
      repo: Type.Optional(line(2048)),
      ended_since: Type.Optional(timestamp),
      after: Type.Optional(jobId),
      limit: Type.Integer({ minimum: 1, maximum: 500 }),
    },
    'From a client. `ended_since`: only jobs that ended then or later, however long they waited.',
  ),
  JOB_LIST: message(
    'JOB_LIST',
    'job.list',
    {
      jobs: Type.Array(
        Type.Object(
          {
            job_id: jobId,
            state: fineState,
            standard: standardState,
            repo: line(2048),
            commit: Type.Optional(line(64)),
            summary: Type.String({ maxLength: 512 }),
            priority: Type.Integer(),
            submitted_by: identifier,
            submitted_at: timestamp,
            started_at: Type.Optional(timestamp),
            ended_at: Type.Optional(timestamp),
            runner_id: Type.Optional(identifier),
            attempt: Type.Integer({ minimum: 0 }),
            reason: Type.Optional(Type.String({ maxLength: 2048 })),
            result: Type.Optional(jobEnd),
          },
          closed,
        ),
        { maxItems: 500 },
      ),
      next: Type.Optional(jobId),
    },
    'Newest first. `next` goes into `after`.',
  ),
  JOB_WATCH: message(
    'JOB_WATCH',
    'job.watch',
    {
      job_id: jobId,
      logs: Type.Boolean(),
      fence: Type.Optional(fence),
      offset: Type.Integer({ minimum: 0 }),
    },
    'JOB_STATE and JOB_LOG follow, from this offset of the log of that lease (default the latest), until the job ends.',
  ),
  JOB_RETRY: message(
    'JOB_RETRY',
    'job.retry',
    { job_id: jobId },
    'From a client: a job that ended badly, once more.',
  ),
  MESH_QUERY: message('MESH_QUERY', 'mesh.query', { peers: Type.Boolean() }, 'From a client.'),
  MESH_STATUS: message(
    'MESH_STATUS',
    'mesh.status',
    {
      mesh: line(128),
      controller: identifier,
      version: line(64),
      started_at: timestamp,
      draining: Type.Boolean(),
      engine: Type.Enum(['embedded', 'nats']),
      jobs: Type.Record(Type.String({ pattern: '^[A-Za-z]{1,32}$' }), Type.Integer({ minimum: 0 }), {
        maxProperties: 16,
        additionalProperties: false,
      }),
      peers: Type.Optional(
        Type.Array(
          Type.Object(
            {
              runner_id: identifier,
              role: Type.Enum(['runner', 'client']),
              persona,
              capabilities,
              public_key: publicKey,
              profile: Type.Optional(line(64)),
              connected_at: Type.Optional(timestamp),
              last_heartbeat: Type.Optional(timestamp),
              jobs: Type.Array(jobId, { maxItems: 1024 }),
              load: Type.Number(),
              state: Type.Enum(['idle', 'busy', 'draining', 'quarantined', 'gone']),
              reason: Type.Optional(Type.String({ maxLength: 512 })),
            },
            closed,
          ),
          { maxItems: 5000 },
        ),
      ),
    },
    'How the mesh stands.',
  ),
  MESH_DRAIN: message(
    'MESH_DRAIN',
    'mesh.drain',
    { runner_id: Type.Optional(identifier), drain: Type.Boolean() },
    'From a client: a runner, or the whole mesh, takes no more jobs; false ends that. From the controller: so told.',
  ),
} as const;
