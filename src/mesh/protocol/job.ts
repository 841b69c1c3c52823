/** What a job is, as JSON Schema: the payload of an offer, of a submission, and what its end is told with. */
import Type from 'typebox';
import {
  capability,
  closed,
  commit,
  endState,
  fence,
  identifier,
  jobId,
  ledgerPosition,
  line,
  persona,
  policyName,
  resources,
  seconds,
  sha256,
  texts,
  uri,
} from './fields.ts';

export const required = Type.Object(
  {
    capabilities: Type.Array(capability, { maxItems: 64 }),
    policies: Type.Optional(
      Type.Array(policyName, {
        maxItems: 64,
        description: 'Packages a runner must hold and that must allow it.',
      }),
    ),
    persona: Type.Optional(persona),
    runner: Type.Optional(identifier),
    compliance: Type.Optional(line(64)),
    resources: Type.Optional(Type.Object(resources, closed)),
  },
  closed,
);

/** What a runner does: a command, or (part of) a workflow of the repository. */
export const task = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('command'),
      argv: Type.Array(Type.String({ maxLength: 32_768 }), { minItems: 1, maxItems: 256 }),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('workflow'),
      workflow: line(1024),
      inputs: Type.Optional(texts()),
      job: Type.Optional(line(256)),
      instance: Type.Optional(line(1024)),
      delegation: Type.Optional(
        Type.Object(
          {
            document: Type.String({
              pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$',
              description:
                "Base name of the artifact that says what the instance's engine knows of its run; the run's artifacts come beside it.",
            }),
            bundle: Type.Optional(
              Type.Object(
                {
                  uri,
                  complete: Type.Boolean({ description: 'It needs nothing of the repository itself.' }),
                },
                {
                  ...closed,
                  description: 'A git bundle with what of the commit the repository may not have.',
                },
              ),
            ),
          },
          { ...closed, description: 'One instance of a job whose run goes on elsewhere.' },
        ),
      ),
      secrets: Type.Optional(
        Type.Array(line(128), {
          maxItems: 256,
          description: 'Names it may ask for; values are what the runner itself was given.',
        }),
      ),
    },
    closed,
  ),
]);

const work = {
  repo: Type.String({
    pattern: '^git\\+(https?|ssh|git|file)://[^\\s\\u0000-\\u001f\\u007f]{1,2000}$',
    description: 'git+ and the address, with #ref.',
  }),
  commit: Type.Optional(commit),
  task: Type.Optional(task),
  env: Type.Optional(
    Type.Record(
      Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,127}$' }),
      Type.String({ maxLength: 32_768 }),
      { maxProperties: 256, additionalProperties: false },
    ),
  ),
  required,
  artifacts_in: Type.Optional(Type.Array(uri, { maxItems: 256 })),
  artifacts_out: Type.Optional(
    Type.Array(
      Type.String({
        pattern: '^(aln\\+ns|aln\\+s3|ipfs|file)://[^\\s\\u0000-\\u001f\\u007f]{1,1024}$',
        description:
          '{job_id} stands for the job. The file or folder of the same base name in the work tree.',
      }),
      { maxItems: 256 },
    ),
  ),
  priority: Type.Integer({ minimum: 0, maximum: 100 }),
  timeout_s: Type.Integer({ minimum: 1, maximum: 604_800 }),
  profile: Type.Optional(line(64)),
  network: Type.Optional(Type.Boolean({ description: 'The job may use the network; off unless asked.' })),
  attempts: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100,
      description: 'Runners tried before it counts as failed; default 3.',
    }),
  ),
} as const;

export const jobSpecification = Type.Object(work, closed);
export const jobOffer = Type.Object({ job_id: jobId, ...work }, closed);

export const artifact = Type.Object(
  {
    uri,
    sha256,
    size: Type.Integer({ minimum: 0 }),
    chunks: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  closed,
);

export const jobEnd = Type.Object(
  {
    job_id: jobId,
    fence,
    idempotency_key: line(128),
    status: endState,
    exit_code: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
    error: Type.Optional(Type.String({ maxLength: 4096 })),
    metrics: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' }), Type.Number(), {
      maxProperties: 64,
      additionalProperties: false,
    }),
    artifacts: Type.Array(artifact, { maxItems: 256 }),
    outputs: Type.Optional(texts()),
    /** The runner's own entry of it. */
    ledger: Type.Optional(ledgerPosition),
    duration_s: Type.Optional(seconds(604_800)),
  },
  closed,
);
