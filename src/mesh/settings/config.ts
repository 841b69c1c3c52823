import {
  choice,
  type Fault,
  faulty,
  flag,
  list,
  number,
  object,
  parseYaml,
  readYamlText,
  text,
  type ValueOf,
  validate,
  whole,
} from '../../specification/index.ts';
import type { Persona } from '../protocol/types.ts';

export const MESH_CONFIG = '.bit/mesh/config.yml';

const PERSONAS = ['strict', 'creative', 'hybrid'] as const;

/**
 * Below, a runner would have to end its jobs and be seen to (1 s before the end, its guard 0.7 s before) within what one
 * renewal that is late takes; above, clocks could drift apart by more than the 3 s a controller waits longer.
 */
const LEASE_SECONDS = { least: 5, most: 120, default: 30 } as const;

const SHAPE = object(undefined, {
  mesh: object('The mesh a runner joins and a controller serves.', {
    version: text('The version of this form.', { most: 32 }),
    name: text('Which mesh; default what auth.jwt_issuer says. Two meshes on one network differ here.', {
      most: 128,
    }),
    discovery: object('How a controller is found; seeds come after what the network tells.', {
      mdns: flag('By multicast on the local network.'),
      p2p: flag('Peers without a controller; read by nodes of peer mode.'),
      seeds: list(
        text('An address.', {
          pattern: /^wss?:\/\/[^\s\u0000-\u001f\u007f]{1,2000}$/,
          wanted: 'an address such as wss://host:7443',
        }),
        'Addresses tried in their order.',
        { most: 64 },
      ),
    }),
    tls: object('Encryption.', {
      required: flag('Refuses addresses without it.'),
      mode: choice(
        ['self-signed-ok', 'strict-ca'],
        'self-signed-ok: the key seen first is pinned; strict-ca: a certificate that the machine trusts.',
      ),
    }),
    auth: object('Who may speak.', {
      jwt_issuer: text('Issuer of session tokens.', {
        pattern: /^aln:\/\/[a-z0-9][a-z0-9._-]{0,63}(\/[a-z0-9][a-z0-9._-]{0,63}){0,7}$/,
        wanted: 'a name such as aln://bithub/auth',
      }),
      accept_personas: list(choice(PERSONAS), 'Personas that are let in.', { least: 1, most: 3 }),
    }),
    rate_limits: object('What one peer may send.', {
      per_peer_rps: number(0.1, 100_000, 'Messages a second, in the long run.'),
      burst: whole(1, 1_000_000, 'Messages at once.'),
    }),
    leases: object('How long a runner has a job without a word to the controller.', {
      seconds: number(
        LEASE_SECONDS.least,
        LEASE_SECONDS.most,
        'Seconds; default 30. A machine that is gone costs them and 3 s more; each runner renews three times within.',
      ),
    }),
    retention: object('How long a controller keeps jobs that ended, with their logs and artifacts.', {
      days: number(0.01, 36_500, 'Days; default 30.'),
      jobs: whole(0, 10_000_000, 'Jobs that ended last stay however old they are; default 1000.'),
    }),
  }),
});

export interface MeshConfig {
  readonly version: string;
  readonly name: string;
  readonly discovery: {
    readonly mdns: boolean;
    readonly p2p: boolean;
    readonly seeds: readonly string[];
  };
  readonly tls: { readonly required: boolean; readonly mode: 'self-signed-ok' | 'strict-ca' };
  readonly auth: { readonly jwtIssuer: string; readonly acceptPersonas: readonly Persona[] };
  readonly leases: { readonly seconds: number };
  readonly retention: { readonly days: number; readonly jobs: number };
  readonly rateLimits: { readonly perPeerRps: number; readonly burst: number };
}

export interface MeshConfigSource {
  readonly config: MeshConfig;
  /** There is a file. */
  readonly written: boolean;
}

/**
 * `.bit/mesh/config.yml` of a repository; the defaults, those of the template, where it has none.
 *
 * @throws BitError `usage` with everything that is wrong in it, by line and column
 */
export function readMeshConfig(root: string): MeshConfigSource {
  const said = readYamlText(root, MESH_CONFIG);
  return { config: meshConfigOf(said ?? ''), written: said !== undefined };
}

/** @throws BitError `usage`, as {@link readMeshConfig} */
export function meshConfigOf(said: string, name: string = MESH_CONFIG): MeshConfig {
  const { value, faults, places } = validate<ValueOf<typeof SHAPE> | undefined>(parseYaml(name, said), SHAPE);
  const { discovery, tls, auth, rate_limits: rates, leases, retention, ...own } = value?.mesh ?? {};
  const required = tls?.required ?? true;
  const plain: Fault[] = (discovery?.seeds ?? []).flatMap((seed, index) => {
    const path = `mesh.discovery.seeds[${index}]`;
    if (!required || !seed.startsWith('ws:')) return [];
    const place = places.get(path) ?? { line: 1, column: 1 };
    const message = `${path} must be a wss:// address`;
    return [{ ...place, path, message, hint: 'mesh.tls.required is true' }];
  });
  if (faults.length + plain.length > 0) throw faulty(name, [...faults, ...plain]);
  const jwtIssuer = auth?.jwt_issuer ?? 'aln://bithub/auth';
  return {
    version: own.version ?? '1.0.0',
    name: own.name ?? jwtIssuer,
    discovery: {
      mdns: discovery?.mdns ?? true,
      p2p: discovery?.p2p ?? true,
      seeds: discovery?.seeds ?? [],
    },
    tls: { required, mode: tls?.mode ?? 'self-signed-ok' },
    auth: { jwtIssuer, acceptPersonas: auth?.accept_personas ?? PERSONAS },
    leases: { seconds: leases?.seconds ?? LEASE_SECONDS.default },
    retention: { days: retention?.days ?? 30, jobs: retention?.jobs ?? 1000 },
    rateLimits: { perPeerRps: rates?.per_peer_rps ?? 10, burst: rates?.burst ?? 50 },
  };
}
