import { BitError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { createComposer, decode, type JobSpecification } from '../protocol/index.ts';

/**
 * A job as the protocol has it, held to its schema before it leaves.
 *
 * @throws BitError `usage` naming the field
 */
export function specificationOf(value: object): JobSpecification {
  const composer = createComposer({ sender: 'aln://client/here', now: () => 0, prefix: 'check' });
  const job = value as JobSpecification;
  const { text } = composer.compose('JOB_SUBMIT', { idempotency_key: 'check', job });
  const { message, wrong } = decode(text);
  if (message?.type === 'JOB_SUBMIT') return message.payload.job;
  const field = (wrong?.field ?? '').replace(/^\/payload\/job/, '');
  const what = wrong?.message.replace(/^\/payload\/job/, '') ?? 'is no job';
  throw new BitError('usage', `this is no job: ${what}`, {
    hint: 'docs/schema/mesh/ has its form',
    details: { field } satisfies JsonObject,
  });
}
