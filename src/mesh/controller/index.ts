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
import type { Entry } from '../../ledger/index.ts';
import type { Gate, Note } from '../../operation/index.ts';

/** How `bit mesh serve` was asked for. */
export interface ServeRequest {
  /** Host name or address to listen at. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Name of the mesh; default that of `.bit/mesh/config.yml`, else the repository's. */
  readonly mesh: string | undefined;
  /** `self-signed-ok` makes a certificate where none is given, `strict-ca` needs one, `off` is for loopback alone. */
  readonly tls: 'self-signed-ok' | 'strict-ca' | 'off' | undefined;
  /** PEM files. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly engine: 'embedded' | 'nats';
  readonly natsUrl: string | undefined;
  /** Announce it by mDNS. */
  readonly announce: boolean;
  /** Base address of an OTLP/HTTP collector; default `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly otlp: string | undefined;
  /** Who may ask beside the owner's key: `ed25519:…`. */
  readonly clients: readonly string[];
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

/** Policies as a controller needs them: facts of this moment, asked for again every second or so. */
export type OpenGate = () => Promise<Gate>;
