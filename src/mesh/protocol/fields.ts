/**
 * Fields that messages share, as JSON Schema. Only the generator of validators and schemas runs this file; the program
 * has the types of it and what was generated.
 */
import Type from 'typebox';

export const closed = { additionalProperties: false } as const;

export const identifier = Type.String({
  pattern: '^aln://[a-z0-9][a-z0-9._-]{0,63}(/[a-z0-9][a-z0-9._-]{0,63}){0,7}$',
  maxLength: 256,
  description: 'Name of a runner, a controller or a client: aln:// and a path.',
});
export const messageId = Type.String({
  pattern: '^M-[A-Za-z0-9._-]{1,64}$',
  description: 'Unique within a session.',
});
export const jobId = Type.String({ pattern: '^J-[A-Za-z0-9]{1,40}$' });
export const timestamp = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z$',
  description: 'RFC 3339, UTC.',
});
export const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Lowercase hexadecimal.' });
export const publicKey = Type.String({
  pattern: '^ed25519:[0-9a-f]{64}$',
  description: 'Ed25519 public key (RFC 8032), hexadecimal.',
});
export const signature = Type.String({
  pattern: '^[A-Za-z0-9_-]{86}$',
  description: 'Ed25519 signature, base64url without padding.',
});
export const nonce = Type.String({
  pattern: '^[A-Za-z0-9_-]{43}$',
  description: '32 random bytes, base64url.',
});
export const persona = Type.Enum(['strict', 'creative', 'hybrid']);
export const capabilities = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9_-]{0,31}$' }),
  Type.Array(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$' }), { maxItems: 64 }),
  {
    maxProperties: 32,
    additionalProperties: false,
    description: 'Kinds of work, each with what is there for it.',
  },
);
export const capability = Type.String({
  pattern: '^[a-z][a-z0-9_-]{0,31}(/[A-Za-z0-9][A-Za-z0-9.+_-]{0,63})?$',
  description: 'A kind of work (`build`), or one with what it needs (`build/node18`).',
});
export const uri = Type.String({
  pattern: '^(aln\\+ns|aln\\+s3|ipfs|file)://[^\\s\\u0000-\\u001f\\u007f]{1,1024}$',
  description: 'aln+ns://local-root/path, aln+s3://bucket/key, ipfs://CID, or file:// for development.',
});
export const policyName = Type.String({
  pattern: '^[a-z_][a-z0-9_]{0,63}(\\.[a-z_][a-z0-9_]{0,63}){0,7}$',
  description: 'A Rego package.',
});
export const commit = Type.String({ pattern: '^([0-9a-f]{40}|[0-9a-f]{64})$' });
export const fence = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Fencing token of the lease: a later lease of the same job has a greater one.',
});
export const seconds = (maximum: number) => Type.Number({ minimum: 0, maximum });
export const line = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]*$' });
/** What a job asks for, and what a runner has. */
export const resources = {
  cpu: Type.Optional(Type.Number({ minimum: 0, maximum: 1024, description: 'Cores.' })),
  memory_bytes: Type.Optional(Type.Integer({ minimum: 0 })),
  gpu: Type.Optional(Type.Integer({ minimum: 0, maximum: 64 })),
};
/** A name that maps to text, or to anything: names of members are bounded too. */
const names = { propertyNames: Type.String({ maxLength: 128 }), maxProperties: 256 };
export const texts = () => Type.Record(Type.String(), Type.String({ maxLength: 65_536 }), names);
export const free = (description: string) =>
  Type.Record(Type.String(), Type.Unknown(), { ...names, description });

/** Where an entry stands in a signed ledger. */
export const ledgerPosition = Type.Object(
  { chain: line(128), seq: Type.Integer({ minimum: 0 }), entry_sha256: sha256 },
  closed,
);

export const fineState = Type.Enum([
  'PendingAnnouncement',
  'Announced',
  'BiddingOpen',
  'BiddingClosed',
  'AwaitingAssignmentConfirmation',
  'Assigned',
  'PreparingExecution',
  'Running',
  'AwaitingInputs',
  'ProducingOutputs',
  'Completed',
  'Failed',
  'Cancelled',
  'ReceiptGenerated',
  'ReceiptAnchored',
]);
export const standardState = Type.Enum([
  'Pending',
  'Running',
  'CompletedSuccessfully',
  'Failed',
  'Cancelled',
]);
export const endState = Type.Enum(['CompletedSuccessfully', 'Failed', 'Cancelled']);
