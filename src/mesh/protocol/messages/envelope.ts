/** The envelope of a message, and what more than one of them holds. */
import Type, { type TProperties } from 'typebox';
import { closed, fence, identifier, jobId, messageId, timestamp } from '../fields.ts';

export function message<const T extends string, const S extends string, P extends TProperties>(
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

/** A job under a lease. */
export const held = Type.Object({ job_id: jobId, fence }, closed);
