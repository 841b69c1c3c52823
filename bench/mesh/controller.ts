/** A controller with everything on, as a process of its own: `controller.ts DIRECTORY [ENGINE [NATS-URL]]`. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import { exportPublicKey } from '../../src/kernel/ed25519.ts';
import { ulid } from '../../src/kernel/ids.ts';
import { maskJson } from '../../src/kernel/secrets.ts';
import type { Signer } from '../../src/keys/index.ts';
import { type Draft, openLedger } from '../../src/ledger/index.ts';
import { systemClock } from '../../src/mesh/channel/index.ts';
import { CLAIM_MS, openController, openStore } from '../../src/mesh/controller/index.ts';
import { meshConfigOf } from '../../src/mesh/settings/index.ts';
import { listenWs } from '../../src/mesh/transport/index.ts';
import { loadPolicySet, type PolicyInput } from '../../src/policy/index.ts';
import { NsDriver } from '../../src/storage/index.ts';
import { MESH } from '../../test/policy/samples.ts';

const [directory = '', engine = 'embedded', natsUrl] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync('ed25519');
const signer: Signer = {
  publicKey: exportPublicKey(privateKey),
  sign: (message) => sign(null, message, privateKey),
};
const ledger = openLedger({
  directory: join(directory, 'ledger'),
  signer: () => signer,
  clock: () => new Date(),
});
const policy = loadPolicySet([MESH]);
const facts = {
  ...{ command: 'mesh.serve', args: {}, actor: signer.publicKey, user: {}, tx: {}, repo: {}, token: null },
  ...{ config: { max_priority: 10 }, freeze: [] },
};
const store = await openStore({ engine: engine as 'embedded' | 'nats', mesh: 'bench', natsUrl, directory });
const controller = openController({
  ...{
    id: 'aln://mesh/controller',
    mesh: 'bench',
    instance: ulid(Date.now()),
    version: '0.0.0',
    signer,
    store,
  },
  config: meshConfigOf('mesh:\n  rate_limits: { per_peer_rps: 100000, burst: 1000000 }\n'),
  clock: systemClock,
  lifecycle: store.shared ? { claim_ms: CLAIM_MS } : {},
  openGate: async () => ({
    gate: ({ action = 'mesh.offer', ...asked }) =>
      policy.decide({ ...facts, now: new Date().toISOString(), action, ...asked } as PolicyInput),
    digest: policy.digest,
  }),
  ledger: {
    note: async (notes) => {
      const drafts = notes.map(
        ({ event, payload }): Draft => ({
          ...{ event, phase: 'note', op: ulid(Date.now()), parent: null, as: null },
          payload: maskJson(payload) as Draft['payload'],
        }),
      );
      return (await ledger.append(drafts)).entries;
    },
  },
  keys: { admit: () => {}, refresh: async () => false, revoked: () => false },
  artifacts: async () => new NsDriver({ roots: [join(directory, 'storage')] }),
  queryPolicy: () => ({ policy_hash: `sha256-${'0'.repeat(64)}` }),
  notice: () => {},
  fault: (part, error) => process.stderr.write(`${part}: ${error instanceof Error ? error.stack : error}\n`),
});
const listener = await listenWs({
  ...{ host: '127.0.0.1', port: 0, most: 512 * 1024, mostStrangers: 10_000 },
  connection: (connection) => controller.door.welcome(connection),
  http: controller.http,
});
await controller.start();
process.send?.({ address: listener.address });
process.on('message', (asked) => {
  if (asked === 'measure') {
    globalThis.gc?.();
    process.send?.({ memory: process.memoryUsage(), cpu: process.cpuUsage(), counts: controller.counts });
  }
});
process.on('disconnect', () => process.exit());
