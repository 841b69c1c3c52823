/**
 * Every message of the mesh, as JSON Schema: the one source of the TypeScript types (`types.ts`), the validators
 * (`validators.ts`, generated) and the published schemas (`docs/schema/mesh/`).
 *
 * A message is one JSON object in one text frame: `type schema msg_id sender ts payload`. HELLO, HELLO_ACK and
 * HEARTBEAT are flat. `re` is the `msg_id` of what a message answers.
 */
import Type from 'typebox';
import { jobId } from './fields.ts';
import { CLIENT } from './messages/client.ts';
import { message } from './messages/envelope.ts';
import { GOODS } from './messages/goods.ts';
import { LEASE } from './messages/lease.ts';
import { SESSION } from './messages/session.ts';

export const MESSAGES = {
  ...SESSION,
  ...LEASE,
  ...GOODS,
  ...CLIENT,
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
