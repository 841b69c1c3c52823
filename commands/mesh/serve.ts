import { Flags } from '@oclif/core';
import { action, count, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { repeated } from '../../src/cli/flags.ts';
import { type MeshSession, serveMesh } from '../../src/mesh/controller/index.ts';

export default class MeshServe extends action({ action: 'mesh.serve', event: 'MESH_SERVE' })<MeshSession> {
  static override summary =
    'Run a controller: it takes jobs, offers them to runners and keeps what becomes of them.';
  static override description =
    'Runs until Ctrl-C, beside everything else here. A job is on disk before it is acknowledged; killed at any moment, a controller goes on where it was. /metrics and /healthz answer on the same port. docs/mesh.md tells how to run one.';
  static override examples = [
    '<%= config.bin %> mesh serve',
    '<%= config.bin %> mesh serve --listen 0.0.0.0:7443 --tls-cert cert.pem --tls-key key.pem',
    '<%= config.bin %> mesh serve --engine nats --nats-url nats://127.0.0.1:4222',
  ];
  static override flags = {
    listen: Flags.string({
      description: 'Where to listen.',
      default: '127.0.0.1:7443',
      helpValue: 'HOST:PORT',
    }),
    mesh: Flags.string({
      description: 'Name of the mesh; default that of .bit/mesh/config.yml.',
      helpValue: 'NAME',
    }),
    tls: Flags.option({
      description: 'Default: as .bit/mesh/config.yml says.',
      options: ['self-signed-ok', 'strict-ca', 'off'] as const,
    })(),
    'tls-cert': Flags.string({
      description: 'Certificate chain, PEM.',
      helpValue: 'FILE',
      dependsOn: ['tls-key'],
    }),
    'tls-key': Flags.string({
      description: 'Its private key, PEM.',
      helpValue: 'FILE',
      dependsOn: ['tls-cert'],
    }),
    engine: Flags.option({
      description: 'Where jobs are kept: here, or on NATS JetStream for several controllers.',
      options: ['embedded', 'nats'] as const,
      default: 'embedded',
    })(),
    'nats-url': Flags.string({ description: 'Servers of the cluster.', helpValue: 'URL' }),
    'nats-creds': Flags.string({ description: 'Credentials file.', helpValue: 'FILE' }),
    'nats-replicas': Flags.integer({ description: 'Servers that keep each change.', min: 1, max: 5 }),
    announce: Flags.boolean({
      description: 'Tell the local network by mDNS; default as the config says.',
      allowNo: true,
    }),
    otlp: Flags.string({
      description: 'Collector for traces; default OTEL_EXPORTER_OTLP_ENDPOINT.',
      helpValue: 'URL',
    }),
    client: repeated('Key of somebody who may ask, beside your own and the trusted signers.', 'ed25519:HEX'),
    idle: Flags.integer({
      description: 'End when there was no job to see to for so many seconds.',
      helpValue: 'SECONDS',
      min: 0,
    }),
    autoscale: Flags.boolean({
      description: 'Start and end runners as clusters.profiles says.',
      default: true,
      allowNo: true,
    }),
  };

  protected override effect(reader: Reader, { flags }: Input<typeof MeshServe>) {
    const { listen, mesh, tls, announce, otlp, client = [], autoscale, idle } = flags;
    const files = { certificate: flags['tls-cert'], key: flags['tls-key'] };
    return serveMesh(reader, {
      listen,
      mesh,
      tls,
      ...files,
      engine: flags.engine as 'embedded' | 'nats',
      natsUrl: flags['nats-url'],
      natsCredentials: flags['nats-creds'],
      natsReplicas: flags['nats-replicas'],
      announce,
      otlp,
      clients: client,
      autoscale,
      idle,
      version: this.config.version,
    });
  }

  protected override render({ mesh, jobs }: MeshSession, page: Page): void {
    page.line(
      page.safe(
        `Mesh ${mesh}: ${count(jobs.submitted, 'job')} taken, ${jobs.committed} ended, ${jobs.refused} refused.`,
      ),
    );
  }
}
