import * as assert from 'uvu/assert';
import { isBitError } from '../../../src/kernel/errors.ts';
import { checkOptions, DEFAULT_OPTIONS } from '../../../src/mesh/lifecycle/index.ts';
import { meshConfigOf, runnerManifestOf } from '../../../src/mesh/settings/index.ts';
import { builtInTemplate } from '../../../src/templates/index.ts';
import { suite } from '../../suite.ts';

const MANIFEST = `runner:
  id: "aln://runner/phoenix/alpha"
  version: "1.0.0"
  persona: "hybrid"  # strict|creative|hybrid
  capabilities:
    build: ["node18","python3.11","docker"]
    test: ["pytest","jest"]
    ml: ["train","evaluate"]
    entertainment: ["creative.enjoyments.exe","magic.lol","fan.asia.create"]
  storage:
    default: "ns"
    drivers:
      ns: { scheme: "aln+ns://", roots: [".bithub/storage",".git-lfs"], tamper_evident: true }
      s3: { scheme: "aln+s3://", bucket: "bit-hub-artifacts", region: "us-west-2" }
      ipfs: { scheme: "ipfs://", gateway: "https://ipfs.io" }
  policies:
    dir: ".bithub/policies"
    enforce_strict: true
  ledger:
    path: ".bithub/ledger/runner.log"
  qos:
    max_concurrent_jobs: 3
    priority_bias: ["compliance","latency","fun"]
`;
const CONFIG = `mesh:
  version: "1.0.0"
  discovery:
    mdns: true
    p2p: true
    seeds:
      - "wss://seed1.bithub.mesh"
      - "wss://seed2.bithub.mesh"
  tls:
    required: true
    mode: "self-signed-ok"  # self-signed-ok|strict-ca
  auth:
    jwt_issuer: "aln://bithub/auth"
    accept_personas: ["strict","hybrid","creative"]
  rate_limits:
    per_peer_rps: 10
    burst: 50
`;

function refusal(work: () => unknown): { message: string; hint: string | undefined } {
  try {
    work();
  } catch (error) {
    if (isBitError(error, 'usage')) return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error('nothing was refused');
}

suite('files of a mesh', (test) => {
  test('every key of a manifest arrives', () => {
    const read = runnerManifestOf(MANIFEST);
    assert.is(read.id, 'aln://runner/phoenix/alpha');
    assert.is(read.version, '1.0.0');
    assert.is(read.persona, 'hybrid');
    assert.equal(read.capabilities['build'], ['node18', 'python3.11', 'docker']);
    assert.equal(read.capabilities['entertainment'], [
      'creative.enjoyments.exe',
      'magic.lol',
      'fan.asia.create',
    ]);
    assert.is(read.storage.default, 'ns');
    assert.equal(read.storage.drivers['ns'], {
      scheme: 'aln+ns://',
      roots: ['.bithub/storage', '.git-lfs'],
      tamper_evident: true,
    });
    assert.equal(read.storage.drivers['s3'], {
      scheme: 'aln+s3://',
      bucket: 'bit-hub-artifacts',
      region: 'us-west-2',
    });
    assert.equal(read.storage.drivers['ipfs'], { scheme: 'ipfs://', gateway: 'https://ipfs.io' });
    assert.equal(read.policies, { dir: '.bithub/policies', enforceStrict: true });
    assert.is(read.ledgerPath, '.bithub/ledger/runner.log');
    assert.is(read.maxConcurrentJobs, 3);
    assert.equal(read.priorityBias, ['compliance', 'latency', 'fun']);
  });

  test('every key of a mesh config arrives', () => {
    assert.equal(meshConfigOf(CONFIG), {
      version: '1.0.0',
      name: 'aln://bithub/auth',
      discovery: { mdns: true, p2p: true, seeds: ['wss://seed1.bithub.mesh', 'wss://seed2.bithub.mesh'] },
      tls: { required: true, mode: 'self-signed-ok' },
      auth: { jwtIssuer: 'aln://bithub/auth', acceptPersonas: ['strict', 'hybrid', 'creative'] },
      rateLimits: { perPeerRps: 10, burst: 50 },
      leases: { seconds: 30 },
      retention: { days: 30, jobs: 1000 },
    });
  });

  test('leases are as long as said, within what keeps one job with one runner', () => {
    const leases = (seconds: string) => meshConfigOf(`mesh:\n  leases: { seconds: ${seconds} }\n`).leases;
    assert.equal(leases('5'), { seconds: 5 });
    assert.equal(leases('120'), { seconds: 120 });
    for (const seconds of ['4.9', '0', '-1', '121', 'soon']) {
      const { message } = refusal(() => leases(seconds));
      assert.match(message, /mesh\.leases\.seconds/, seconds);
    }
    for (const { seconds } of [leases('5'), leases('120')])
      checkOptions({ ...DEFAULT_OPTIONS, lease_ms: seconds * 1000 });
  });

  test('what every template writes is read', () => {
    for (const name of ['minimal', 'node', 'runner', 'full'] as const) {
      const files = builtInTemplate(name, { name: 'Some Thing', owner: 'Me', branch: 'main', share: 'off' });
      const text = (path: string): string =>
        Buffer.from(files.find((file) => file.path === path)?.content ?? '').toString();
      assert.is(runnerManifestOf(text('.bit/runner.manifest.yml')).id, 'aln://runner/me/some-thing');
      assert.equal(meshConfigOf(text('.bit/mesh/config.yml')).discovery.seeds, []);
    }
  });

  test('an unknown key is refused by line and column with the nearest known one', () => {
    const manifest = refusal(() => runnerManifestOf(MANIFEST.replace('persona:', 'personna:')));
    assert.match(manifest.message, '.bit/runner.manifest.yml:4:3: runner has no key personna');
    assert.is(manifest.hint, 'did you mean: persona');
    const config = refusal(() => meshConfigOf(CONFIG.replace('burst:', 'bursts:')));
    assert.match(config.message, '.bit/mesh/config.yml:17:5: mesh.rate_limits has no key bursts');
    assert.is(config.hint, 'did you mean: burst');
  });

  test('all that is wrong is told at once', () => {
    const { message } = refusal(() =>
      runnerManifestOf(
        MANIFEST.replace('"hybrid"', '"hybird"')
          .replace('max_concurrent_jobs: 3', 'max_concurrent_jobs: 0')
          .replace('"aln://runner/phoenix/alpha"', 'phoenix'),
      ),
    );
    assert.match(message, 'has 3 faults');
    assert.match(message, ':2:7: runner.id must be');
    assert.match(message, 'did you mean: hybrid');
    assert.match(message, ':22:26: runner.qos.max_concurrent_jobs must be');
  });

  test('a default driver that is none, and options of another scheme, are refused', () => {
    const none = refusal(() => runnerManifestOf(MANIFEST.replace('default: "ns"', 'default: "nss"')));
    assert.match(none.message, ':11:14: runner.storage.default names nss');
    assert.is(none.hint, 'did you mean: ns');
    const other = refusal(() =>
      runnerManifestOf(MANIFEST.replace('gateway: "https://ipfs.io"', 'bucket: "b"')),
    );
    assert.match(other.message, 'runner.storage.drivers.ipfs.bucket means nothing to ipfs://');
  });

  test('no path leads out of the repository', () => {
    for (const path of ['/etc', '../x', 'a/../../b', 'a/..', '..']) {
      const { message } = refusal(() => runnerManifestOf(MANIFEST.replace('.bithub/policies', path)));
      assert.match(message, 'must be a path inside the repository', path);
    }
    assert.is(runnerManifestOf(MANIFEST.replace('.bithub/policies', 'a/..b/c')).policies.dir, 'a/..b/c');
  });

  test('a seed without encryption is refused where encryption is required, and only there', () => {
    const plain = CONFIG.replace('wss://seed2', 'ws://seed2');
    assert.match(refusal(() => meshConfigOf(plain)).message, ':8:9: mesh.discovery.seeds[1]');
    const { discovery } = meshConfigOf(plain.replace('required: true', 'required: false'));
    assert.is(discovery.seeds[1], 'ws://seed2.bithub.mesh');
  });

  test('an empty config is the defaults; a manifest needs its id', () => {
    assert.is(meshConfigOf('').tls.required, true);
    assert.match(refusal(() => runnerManifestOf('runner: {}')).message, 'lacks id');
    assert.match(refusal(() => runnerManifestOf('')).message, 'lacks runner');
  });
});
