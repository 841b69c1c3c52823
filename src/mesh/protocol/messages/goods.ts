/** Artifacts, policies and events. */
import Type from 'typebox';
import { fence, free, identifier, jobId, line, policyName, sha256, uri } from '../fields.ts';
import { artifact } from '../job.ts';
import { message } from './envelope.ts';

export const GOODS = {
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
} as const;
