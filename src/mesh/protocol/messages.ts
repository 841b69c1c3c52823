/**
 * Every message of the mesh, as JSON Schema: the one source of the TypeScript types (`types.ts`), the validators
 * (`validators.ts`, generated) and the published schemas (`docs/schema/mesh/`).
 *
 * A message is one JSON object in one text frame: `type schema msg_id sender ts payload`. HELLO, HELLO_ACK and
 * HEARTBEAT are flat. `re` is the `msg_id` of what a message answers.
 */
import Type, { type TProperties } from 'typebox';
import {
  capabilities,
  fence,
  fineState,
  free,
  identifier,
  jobId,
  ledgerPosition,
  line,
  messageId,
  nonce,
  persona,
  policyName,
  publicKey,
  seconds,
  sha256,
  signature,
  standardState,
  timestamp,
  uri,
} from './fields.ts';
import { artifact, jobEnd, jobOffer, jobSpecification } from './job.ts';

const closed = { additionalProperties: false } as const;

function message<const T extends string, const S extends string, P extends TProperties>(
  type: T,
  schema: S,
  payload: P,
  description: string,
) {
  return Type.Object(
    {
      type: Type.Literal(type),
      schema: Type.Literal(`bithub.mesh.${schema}.v1` as const),
      msg_id: messageId,
      sender: identifier,
      ts: timestamp,
      re: Type.Optional(messageId),
      payload: Type.Object(payload, closed),
    },
    { ...closed, description },
  );
}

const held = Type.Object({ job_id: jobId, fence }, closed);
const jobIds = Type.Array(jobId, { minItems: 1, maxItems: 1000 });

export const MESSAGES = {
  CHALLENGE: message(
    'CHALLENGE',
    'challenge',
    {
      nonce,
      versions: Type.Array(line(16), { minItems: 1, maxItems: 16 }),
      mesh: line(128),
      public_key: publicKey,
      max_message_bytes: Type.Integer({ minimum: 1024 }),
    },
    'First on every connection, from the controller: what HELLO has to answer. Again before a session ends: HELLO answers it, and HELLO_ACK brings a new session.',
  ),
  HELLO: Type.Object(
    {
      type: Type.Literal('HELLO'),
      schema: Type.Literal('bithub.mesh.hello.v1'),
      runner_id: identifier,
      persona,
      capabilities,
      storage: Type.Array(line(256), { maxItems: 16 }),
      policy_hash: Type.String({ pattern: '^sha256-[0-9a-f]{64}$' }),
      public_key: publicKey,
      role: Type.Optional(Type.Enum(['runner', 'client'], { description: 'Default runner.' })),
      versions: Type.Array(line(16), { minItems: 1, maxItems: 16 }),
      nonce,
      ts: timestamp,
      signature,
      policies: Type.Optional(Type.Array(policyName, { maxItems: 256 })),
      max_concurrent_jobs: Type.Optional(Type.Integer({ minimum: 0, maximum: 1024 })),
      profile: Type.Optional(line(64)),
      resources: Type.Optional(
        Type.Object(
          {
            cpu: Type.Optional(Type.Number({ minimum: 0, maximum: 1024, description: 'Cores.' })),
            memory_bytes: Type.Optional(Type.Integer({ minimum: 0 })),
            gpu: Type.Optional(Type.Integer({ minimum: 0, maximum: 64 })),
            gpus: Type.Optional(
              Type.Record(
                Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$' }),
                Type.Integer({ minimum: 0, maximum: 64 }),
                {
                  maxProperties: 64,
                  additionalProperties: false,
                  description: 'Of each kind: A10. One may count under a long name and a short one.',
                },
              ),
            ),
          },
          {
            ...closed,
            description: 'What it has for all of its jobs together; what is left out is not limited.',
          },
        ),
      ),
      priority_bias: Type.Optional(Type.Array(line(64), { maxItems: 16 })),
      channel: Type.Optional(
        Type.String({
          pattern: '^tls-server-end-point:[0-9a-f]{64}$',
          description:
            'The SHA-256 of the certificate that the connection was made to (RFC 5929): who stands between shows another.',
        }),
      ),
      resume: Type.Optional(
        Type.String({ maxLength: 4096, description: 'The session of an earlier connection.' }),
      ),
      jobs: Type.Optional(Type.Array(held, { maxItems: 1024, description: 'Leases it still works under.' })),
    },
    {
      ...closed,
      description:
        'Answers CHALLENGE. `signature` is over "bithub.mesh.hello.v1\\n" and the canonical JSON (RFC 8785) of this message without `signature`; `nonce` is the challenge\'s.',
    },
  ),
  HELLO_ACK: Type.Object(
    {
      type: Type.Literal('HELLO_ACK'),
      schema: Type.Literal('bithub.mesh.hello_ack.v1'),
      session: Type.String({ maxLength: 4096, description: 'EdDSA JWT bound to the key of HELLO.' }),
      mesh_time: timestamp,
      upgrade_hint: Type.Union([Type.String({ maxLength: 256 }), Type.Null()]),
      version: line(16),
      resumed: Type.Boolean(),
      heartbeat_s: seconds(3600),
      lease_s: seconds(3600),
      rates: Type.Optional(
        Type.Object(
          {
            per_peer_rps: Type.Number({ minimum: 0, maximum: 1e9 }),
            burst: Type.Integer({ minimum: 1, maximum: 1e9 }),
          },
          { ...closed, description: 'What is taken of one peer; more is answered by rate-limited.' },
        ),
      ),
      signature,
    },
    {
      ...closed,
      description:
        'The controller proves its key: `signature` is over "bithub.mesh.hello_ack.v1\\n", the nonce, "\\n" and the canonical JSON of this message without `signature`.',
    },
  ),
  HEARTBEAT: Type.Object(
    {
      type: Type.Literal('HEARTBEAT'),
      schema: Type.Literal('bithub.mesh.heartbeat.v1'),
      runner_id: identifier,
      jobs_active: Type.Integer({ minimum: 0, maximum: 100_000 }),
      load: Type.Number({ minimum: 0, maximum: 1024, description: 'Of the machine, per core.' }),
      draining: Type.Optional(Type.Boolean()),
    },
    { ...closed, description: 'Every 10 to 30 seconds.' },
  ),
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
  ARTIFACT_PUT: message(
    'ARTIFACT_PUT',
    'artifact.put',
    {
      uri,
      sha256,
      size: Type.Integer({ minimum: 0 }),
      chunks: Type.Optional(Type.Integer({ minimum: 0 })),
      job_id: Type.Optional(jobId),
      fence: Type.Optional(fence),
    },
    'Something is to be kept under this URI.',
  ),
  ARTIFACT_GET: message('ARTIFACT_GET', 'artifact.get', { uri }, 'Something is asked for by URI.'),
  ARTIFACT_READY: message(
    'ARTIFACT_READY',
    'artifact.ready',
    {
      ...artifact.properties,
      path: Type.Optional(line(512)),
      offset: Type.Integer({ minimum: 0, description: 'Bytes the controller has already.' }),
    },
    'Answers ARTIFACT_PUT and ARTIFACT_GET: `path`, on this very host and port, takes HTTP PUT (Content-Range) or GET (Range) with the session as bearer; none where nothing is left to send.',
  ),
  POLICY_QUERY: message(
    'POLICY_QUERY',
    'policy.query',
    { package: policyName, rule: line(64), input: free('The input document.') },
    "Asks the other side's policies.",
  ),
  POLICY_ANSWER: message(
    'POLICY_ANSWER',
    'policy.answer',
    {
      package: policyName,
      rule: line(64),
      result: Type.Optional(
        Type.Unknown({ description: "The rule's value; not there where it is undefined." }),
      ),
      policy_hash: Type.String({ pattern: '^sha256-[0-9a-f]{64}$' }),
      explanation: Type.Optional(Type.Array(Type.String({ maxLength: 2048 }), { maxItems: 64 })),
    },
    'What they say.',
  ),
  EVENT_EMIT: message(
    'EVENT_EMIT',
    'event.emit',
    {
      source: identifier,
      event: line(128),
      tags: Type.Array(line(64), { maxItems: 64 }),
      context: free('Facts for listeners.'),
    },
    'For listeners of the mesh.',
  ),
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
      after: Type.Optional(jobId),
      limit: Type.Integer({ minimum: 1, maximum: 500 }),
    },
    'From a client.',
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
  ACK: message('ACK', 'ack', {}, 'Done, where no other answer says more.'),
  ERROR: message(
    'ERROR',
    'error',
    {
      code: Type.Enum([
        'malformed',
        'unknown-type',
        'unknown-schema',
        'too-large',
        'too-deep',
        'out-of-order',
        'version',
        'unauthenticated',
        'forbidden',
        'replayed',
        'clock-skew',
        'expired',
        'revoked',
        'persona',
        'rate-limited',
        'not-found',
        'conflict',
        'policy',
        'stale-fence',
        'draining',
        'internal',
      ]),
      message: Type.String({ maxLength: 2048 }),
      field: Type.Optional(
        Type.String({ maxLength: 512, description: 'JSON Pointer (RFC 6901) into the message.' }),
      ),
      job_id: Type.Optional(jobId),
      retry_after_ms: Type.Optional(Type.Integer({ minimum: 0 })),
    },
    'What was wrong with `re`. The connection goes on unless the code is about the session.',
  ),
} as const;
