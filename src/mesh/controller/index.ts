/**
 * The controller: connections → lifecycle → store, and only what is on disk is told.
 *
 * {@link serveMesh} is `bit mesh serve`: one operation from start to end, beside others. What happens to jobs inside it
 * is noted in the ledger in batches, from an outbox that the store keeps in the same transaction as the change itself,
 * so that a controller killed at any moment forgets nothing. Job offers pass `bithub.mesh.allow_job` and
 * `forbid_persona` here and at the runner; a fault in a policy refuses.
 *
 * {@link openController} is the same without the command: for tests, measurements and whoever brings other parts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '../../kernel/json.ts';
import type { Signer } from '../../keys/index.ts';
import type { Entry } from '../../ledger/index.ts';
import type { Gate, Note } from '../../operation/index.ts';
import type { StreamingDriver } from '../../storage/index.ts';
import type { Clock, Gate as Door } from '../channel/index.ts';
import type { JobStanding, MeshOptions, Scale } from '../lifecycle/index.ts';
import type { PayloadOf } from '../protocol/index.ts';
import type { MeshConfig } from '../settings/index.ts';
import type { MeshStore } from '../store/index.ts';
import { MeshController } from './controller.ts';
import type { KeyBook } from './keys.ts';

export { KeyBook, type KeyRules } from './keys.ts';
export { CLAIM_MS, openStore } from './open-store.ts';
export { serveMesh } from './serve.ts';

/** How `bit mesh serve` was asked for. */
export interface ServeRequest {
  /** `HOST:PORT`; port 0 is any that is free. */
  readonly listen: string;
  /** Name of the mesh; default that of `.bit/mesh/config.yml`, else the repository's. */
  readonly mesh: string | undefined;
  /** `self-signed-ok` makes a certificate where none is given, `strict-ca` needs one, `off` is for loopback alone. */
  readonly tls: 'self-signed-ok' | 'strict-ca' | 'off' | undefined;
  /** PEM files. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly engine: 'embedded' | 'nats';
  readonly natsUrl: string | undefined;
  /** A NATS credentials file. */
  readonly natsCredentials: string | undefined;
  /** Servers of the cluster that keep each change. */
  readonly natsReplicas: number | undefined;
  /** Announce it by mDNS; default as `.bit/mesh/config.yml` says. */
  readonly announce: boolean | undefined;
  /** Base address of an OTLP/HTTP collector; default `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly otlp: string | undefined;
  /** Who may ask beside the owner's key: `ed25519:…`. */
  readonly clients: readonly string[];
  /** Start and end runners as `clusters.profiles` says. */
  readonly autoscale: boolean;
  /** Seconds without a job after which it ends by itself. */
  readonly idle: number | undefined;
  /** Of this program. */
  readonly version: string;
}

/** What a controller did from its start to its end. */
export interface MeshSession {
  readonly mesh: string;
  readonly address: string;
  readonly engine: 'embedded' | 'nats';
  readonly jobs: { readonly submitted: number; readonly committed: number; readonly refused: number };
  readonly runners: number;
}

/** The ledger as a controller needs it. */
export interface ControllerLedger {
  readonly note: (notes: readonly Note[]) => Promise<readonly Entry[]>;
  /** The last entries, among which a controller that was killed may have written what it had not forgotten yet. */
  readonly recent?: () => Iterable<Entry>;
}

/** Policies as a controller needs them: facts of this moment, asked for again every second; the digest tells a change. */
export type OpenGate = () => Promise<{ readonly gate: Gate; readonly digest: string }>;

/** What a controller is made of. */
export interface ControllerParts {
  /** `aln://mesh/…` */
  readonly id: string;
  readonly mesh: string;
  /** Of this process among the controllers of the mesh. */
  readonly instance: string;
  readonly version: string;
  readonly config: Pick<MeshConfig, 'auth' | 'rateLimits' | 'retention'>;
  readonly signer: Signer;
  readonly store: MeshStore;
  readonly clock: Clock;
  readonly lifecycle: Partial<MeshOptions>;
  readonly openGate: OpenGate;
  readonly ledger: ControllerLedger;
  readonly keys: Pick<KeyBook, 'admit' | 'refresh' | 'revoked'>;
  /** Opens where `aln+ns://` artifacts are kept. */
  readonly artifacts: () => Promise<StreamingDriver>;
  readonly mostArtifactBytes?: number;
  /** Answers POLICY_QUERY. */
  readonly queryPolicy: (
    name: string,
    rule: string,
    input: JsonObject,
  ) => Pick<PayloadOf<'POLICY_ANSWER'>, 'result' | 'policy_hash' | 'explanation'>;
  readonly otlp?: { readonly endpoint: string; readonly headers: Readonly<Record<string, string>> };
  /** Milliseconds in which ledger entries are gathered; default 20. */
  readonly gatherMs?: number;
  /** Milliseconds between looks for jobs that are kept no longer; default a minute. */
  readonly retentionMs?: number;
  /** More or fewer runners are wanted. */
  readonly scale?: (scale: Scale) => void;
  readonly told?: (standing: JobStanding) => void;
  readonly emitted?: (event: PayloadOf<'EVENT_EMIT'>, job: string | undefined) => void;
  /** One line to a person. */
  readonly notice: (line: string) => void;
  /** Something went wrong in a part (`store`, `ledger`, `connection` …); the controller goes on. */
  readonly fault: (part: string, error: unknown) => void;
}

export interface Controller {
  /** Takes connections of a listener. */
  readonly door: Pick<Door, 'welcome' | 'recheck'>;
  /** Takes the listener's other requests: metrics, health, artifacts. */
  readonly http: (request: IncomingMessage, response: ServerResponse) => void;
  readonly counts: {
    readonly submitted: number;
    readonly committed: number;
    readonly refused: number;
    readonly runners: number;
  };
  /** Jobs that have not ended. */
  readonly open: number;
  /** Loads what the store has; before that HELLO is refused. */
  start(): Promise<void>;
  /** Says good-bye to everybody and writes what there is. Jobs go on at their runners; the store is left open. */
  stop(reason: string): Promise<void>;
}

/** A controller without a listener. */
export function openController(parts: ControllerParts): Controller {
  return new MeshController(parts);
}
