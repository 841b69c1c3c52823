/** A right message of every type; those of 000 as it prints them, with what an envelope has besides. */
import type { JsonObject } from '../../src/kernel/json.ts';
import type { MessageType } from '../../src/mesh/protocol/index.ts';
import { SCHEMAS } from '../../src/mesh/protocol/index.ts';

const RUNNER = 'aln://runner/phoenix/alpha';
const KEY = `ed25519:${'8a'.repeat(32)}`;
const NONCE = 'n'.repeat(43);
const SIGNATURE = 's'.repeat(86);
const SHA = 'ab'.repeat(32);
const TIME = '2025-08-30T16:12:00Z';
const LEDGER = { chain: '01k2c9', seq: 4, entry_sha256: SHA };

const WORK: JsonObject = {
  repo: 'git+https://example.com/foo/bar.git#main',
  required: {
    capabilities: ['build'],
    policies: ['bithub.repo.structure', 'bithub.workflows.ledger'],
    persona: 'strict',
  },
  artifacts_in: ['aln+ns://datasets/train'],
  artifacts_out: ['aln+ns://builds/bar/{job_id}.tar.gz'],
  priority: 7,
  timeout_s: 1800,
};
const OFFER: JsonObject = { job_id: 'J-92A7', ...WORK };
const END: JsonObject = {
  job_id: 'J-92A7',
  fence: 3,
  idempotency_key: 'J-92A7/3',
  status: 'CompletedSuccessfully',
  exit_code: 0,
  metrics: { wall_s: 41.5 },
  artifacts: [{ uri: 'aln+ns://builds/bar/J-92A7.tar.gz', sha256: SHA, size: 123_456, chunks: 4 }],
  outputs: { version: '1.4.2' },
  ledger: LEDGER,
};

const PAYLOADS: Readonly<Record<string, JsonObject>> = {
  CHALLENGE: { nonce: NONCE, versions: ['1'], mesh: 'example', public_key: KEY, max_message_bytes: 262_144 },
  JOB_OFFER: OFFER,
  JOB_BID: { job_id: 'J-92A7', eta_s: 420, cost_units: 5, confidence: 0.92 },
  JOB_CLAIM: { job_id: 'J-92A7' },
  JOB_DECLINE: { job_id: 'J-92A7', code: 'policy', reason: 'critical jobs require strict persona' },
  JOB_ASSIGN: {
    ...{ job_id: 'J-92A7', runner_id: RUNNER, fence: 3, lease_s: 30, attempt: 1, job: OFFER },
    ...{ checkout: { token: 'read-only' }, ledger: LEDGER, signature: SIGNATURE },
  },
  JOB_STATE: { job_id: 'J-92A7', fence: 3, state: 'Running', standard: 'Running', runner_id: RUNNER },
  JOB_LOG: { job_id: 'J-92A7', fence: 3, offset: 120, stream: 'stdout', data: 'line\n' },
  JOB_LOG_ACK: { job_id: 'J-92A7', fence: 3, offset: 125 },
  LEASE_RENEW: { leases: [{ job_id: 'J-92A7', fence: 3 }] },
  LEASE_RENEWED: { leases: [{ job_id: 'J-92A7', fence: 3, lease_s: 30 }], lost: [] },
  JOB_CANCEL: { job_id: 'J-92A7', reason: 'asked' },
  JOB_RESULT: { ...END, signature: SIGNATURE },
  JOB_COMMITTED: { job_id: 'J-92A7', fence: 3, committed: true, duplicate: false },
  ARTIFACT_PUT: { uri: 'aln+ns://builds/bar/J-92A7.tar.gz', sha256: SHA, size: 123_456 },
  ARTIFACT_GET: { uri: 'ipfs://bafybeigdyrzt' },
  ARTIFACT_READY: { uri: 'ipfs://bafybeigdyrzt', sha256: SHA, size: 5, path: '/artifacts/1', offset: 0 },
  POLICY_QUERY: {
    package: 'bithub.mesh',
    rule: 'allow_job',
    input: {
      msg: { type: 'JOB_OFFER', payload: { required: { capabilities: ['build'], compliance: 'critical' } } },
      peer: { persona: 'strict' },
      config: { max_priority: 10 },
    },
  },
  POLICY_ANSWER: { package: 'bithub.mesh', rule: 'allow_job', result: true, policy_hash: `sha256-${SHA}` },
  EVENT_EMIT: {
    source: RUNNER,
    event: 'magic.lol',
    tags: ['success', 'celebration', 'ascii-dragon'],
    context: { job_id: 'J-92A7', mood: 'radiant' },
  },
  JOB_SUBMIT: { idempotency_key: 'once', job: { ...WORK, task: { kind: 'command', argv: ['make'] } } },
  JOB_ACCEPTED: { job_id: 'J-92A7', duplicate: false, ledger: LEDGER },
  JOB_QUERY: { standard: ['Running'], limit: 20 },
  JOB_LIST: {
    jobs: [
      {
        ...{ job_id: 'J-92A7', state: 'Completed', standard: 'CompletedSuccessfully', summary: 'make' },
        ...{ repo: 'git+https://example.com/foo/bar.git', priority: 7, submitted_by: RUNNER },
        ...{ submitted_at: TIME, attempt: 1, result: END },
      },
    ],
  },
  JOB_WATCH: { job_id: 'J-92A7', logs: true, offset: 0 },
  JOB_RETRY: { job_id: 'J-92A7' },
  MESH_QUERY: { peers: true },
  MESH_STATUS: {
    ...{ mesh: 'example', controller: 'aln://mesh/controller', version: '0.1.0', started_at: TIME },
    ...{ draining: false, engine: 'embedded', jobs: { Pending: 2 } },
    peers: [
      {
        ...{ runner_id: RUNNER, role: 'runner', persona: 'hybrid', capabilities: { build: ['node18'] } },
        ...{ public_key: KEY, jobs: [], load: 0.42, state: 'idle' },
      },
    ],
  },
  MESH_DRAIN: { runner_id: RUNNER, drain: true },
  ACK: {},
  ERROR: { code: 'malformed', message: '/payload/fence is missing', field: '/payload/fence' },
};

const FLAT: Readonly<Record<string, JsonObject>> = {
  HELLO: {
    runner_id: RUNNER,
    persona: 'hybrid',
    capabilities: { build: ['node18'], ml: ['train'], entertainment: ['magic.lol'] },
    storage: ['aln+ns://', '.git-lfs', 'ipfs://'],
    policy_hash: `sha256-${SHA}`,
    public_key: KEY,
    versions: ['1'],
    nonce: NONCE,
    ts: TIME,
    signature: SIGNATURE,
  },
  HELLO_ACK: {
    ...{ session: 'jwt-token-here', mesh_time: '2025-08-30T16:11:38Z', upgrade_hint: null, version: '1' },
    ...{ resumed: false, heartbeat_s: 15, lease_s: 30, rates: { per_peer_rps: 10, burst: 50 } },
    signature: SIGNATURE,
  },
  HEARTBEAT: { runner_id: RUNNER, jobs_active: 1, load: 0.42 },
};

export function sample(type: MessageType): JsonObject {
  const head = { type, schema: SCHEMAS[type] };
  const flat = FLAT[type];
  if (flat !== undefined) return { ...head, ...flat };
  const payload = PAYLOADS[type] ?? {};
  return { ...head, msg_id: 'M-1', sender: RUNNER, ts: TIME, payload };
}

export const TYPES = Object.keys(SCHEMAS) as MessageType[];
