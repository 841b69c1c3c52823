/** A job between the controller and the runners: from its offer to its result. */
import Type from 'typebox';
import {
  closed,
  fence,
  fineState,
  identifier,
  jobId,
  ledgerPosition,
  seconds,
  signature,
  standardState,
} from '../fields.ts';
import { jobEnd, jobOffer } from '../job.ts';
import { held, message } from './envelope.ts';

export const LEASE = {
  JOB_OFFER: message('JOB_OFFER', 'job.offer', jobOffer.properties, 'To candidate runners.'),
  JOB_BID: message(
    'JOB_BID',
    'job.bid',
    {
      job_id: jobId,
      eta_s: seconds(31_536_000),
      cost_units: Type.Number({ minimum: 0, maximum: 1e9 }),
      confidence: Type.Number({ minimum: 0, maximum: 1 }),
    },
    'A runner would take it, on these terms.',
  ),
  JOB_CLAIM: message(
    'JOB_CLAIM',
    'job.claim',
    { job_id: jobId },
    'A runner takes it as it is: a bid without terms.',
  ),
  JOB_DECLINE: message(
    'JOB_DECLINE',
    'job.decline',
    {
      job_id: jobId,
      fence: Type.Optional(fence),
      code: Type.Enum(['policy', 'busy', 'capability', 'draining', 'preflight']),
      reason: Type.String({ maxLength: 2048 }),
    },
    'A runner will not: its policy says no, it is full, or an assignment cannot begin (then with its fence).',
  ),
  JOB_ASSIGN: message(
    'JOB_ASSIGN',
    'job.assign',
    {
      job_id: jobId,
      runner_id: identifier,
      fence,
      lease_s: seconds(3600),
      attempt: Type.Integer({ minimum: 1 }),
      job: jobOffer,
      checkout: Type.Optional(
        Type.Object(
          { token: Type.String({ maxLength: 4096, description: 'Reads the repository, nothing else.' }) },
          closed,
        ),
      ),
      ledger: Type.Optional(ledgerPosition),
      signature,
    },
    'The lease. `signature`, the controller\'s, is over "bithub.mesh.job.assign.v1\\n" and the canonical JSON of the payload without it.',
  ),
  JOB_STATE: message(
    'JOB_STATE',
    'job.state',
    {
      job_id: jobId,
      fence: Type.Optional(fence),
      state: fineState,
      standard: standardState,
      runner_id: Type.Optional(identifier),
      attempt: Type.Optional(Type.Integer({ minimum: 0 })),
      reason: Type.Optional(Type.String({ maxLength: 2048 })),
    },
    'From the runner that holds the lease, and from the controller to who watches.',
  ),
  JOB_LOG: message(
    'JOB_LOG',
    'job.log',
    {
      job_id: jobId,
      fence,
      offset: Type.Integer({
        minimum: 0,
        description: 'Of the first byte, in UTF-8, of the whole log of this lease.',
      }),
      stream: Type.Enum(['stdout', 'stderr', 'event']),
      data: Type.String({ maxLength: 65_536 }),
    },
    'Output as it comes. Answered by JOB_LOG_ACK; a runner keeps at most a window unacknowledged.',
  ),
  JOB_LOG_ACK: message(
    'JOB_LOG_ACK',
    'job.log_ack',
    { job_id: jobId, fence, offset: Type.Integer({ minimum: 0 }) },
    'Everything before this offset is kept.',
  ),
  LEASE_RENEW: message(
    'LEASE_RENEW',
    'lease.renew',
    { leases: Type.Array(held, { minItems: 1, maxItems: 1024 }) },
    'From the runner.',
  ),
  LEASE_RENEWED: message(
    'LEASE_RENEWED',
    'lease.renewed',
    {
      leases: Type.Array(Type.Object({ job_id: jobId, fence, lease_s: seconds(3600) }, closed), {
        maxItems: 1024,
      }),
      lost: Type.Array(held, { maxItems: 1024, description: 'Leases that are over: end the job at once.' }),
    },
    "Counted from when LEASE_RENEW was sent, by the runner's own clock.",
  ),
  JOB_CANCEL: message(
    'JOB_CANCEL',
    'job.cancel',
    { job_id: jobId, fence: Type.Optional(fence), reason: Type.String({ maxLength: 2048 }) },
    'From a client to the controller, from the controller to the runner.',
  ),
  JOB_RESULT: message(
    'JOB_RESULT',
    'job.result',
    { ...jobEnd.properties, signature },
    'The runner\'s `signature` is over "bithub.mesh.job.result.v1\\n" and the canonical JSON of the payload without it. Sent again until JOB_COMMITTED comes.',
  ),
  JOB_COMMITTED: message(
    'JOB_COMMITTED',
    'job.committed',
    {
      job_id: jobId,
      fence,
      committed: Type.Boolean({
        description: 'False: another lease holds the job, or it ended without this one.',
      }),
      duplicate: Type.Boolean(),
      reason: Type.Optional(Type.String({ maxLength: 2048 })),
      ledger: Type.Optional(ledgerPosition),
    },
    'The result is on disk, or will never count: the runner can forget it.',
  ),
} as const;
