/** What opens a connection, and says that it stands. */
import Type from 'typebox';
import {
  capabilities,
  closed,
  identifier,
  line,
  nonce,
  persona,
  policyName,
  publicKey,
  resources,
  seconds,
  signature,
  timestamp,
} from '../fields.ts';
import { held, message } from './envelope.ts';

export const SESSION = {
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
            ...resources,
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
} as const;
