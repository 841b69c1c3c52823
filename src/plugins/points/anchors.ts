/**
 * Anchors of plugins: places outside that remember checkpoints, `driver: plugin:<package>#<name>` in `.bithub.yml`. One is
 * told what is public of a checkpoint and no more; what it answers is read as hostile.
 */
import type { Standing, Verdict } from '../../anchor/index.ts';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import { maskJson, maskSecrets } from '../../kernel/secrets.ts';
import { printable, shorten } from '../../kernel/text.ts';
import { type FetchOptions, type FetchResult, fetchGranted } from '../network.ts';
import { object, text } from '../shapes.ts';
import { inputFacts, type StepInput } from './inputs.ts';
import { checkItems, described, type Invocation, type PointKind } from './point.ts';

/** A checkpoint that is to be anchored; digests and roots are lowercase hexadecimal. */
export interface AnchorCheckpoint {
  /** ULID of the chain. */
  readonly chain: string;
  /** What the chain is called as a transparency log. */
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  /** The signed note (c2sp.org/signed-note), and the SHA-256 of its bytes. */
  readonly note: string;
  readonly sha256: string;
  /** Size of the newest receipt kept of this anchor; 0 where there is none. */
  readonly before: number;
}

/** What was kept of an anchoring, when it is asked about again. */
export interface AnchorReceipt {
  readonly chain: string;
  readonly size: number;
  /** RFC 3339. */
  readonly ts: string;
  readonly note: string;
  readonly sha256: string;
  /** As {@link AnchorKind.submit} gave it. */
  readonly proof: JsonObject;
}

/** What an anchor may use. */
export interface AnchorContext {
  /** Of the anchor's entry in `.bithub.yml`. */
  readonly options: Readonly<Record<string, string>>;
  /** Nothing may be asked of the service: only what the receipt proves by itself. */
  readonly offline: boolean;
  readonly signal: AbortSignal;
  /** HTTPS to the hosts the plugin was granted (`network:<host>`). */
  fetch(url: string, options?: FetchOptions): Promise<FetchResult>;
}

/** A kind of anchor. */
export interface AnchorKind {
  readonly name: string;
  readonly description: string;
  /** Left out: it takes none. */
  readonly options?: Readonly<Record<string, StepInput>>;
  /** `proof` is kept and travels with the ledger: small, and without secrets. `said`: what came of it, half a line. */
  submit(
    checkpoint: AnchorCheckpoint,
    anchor: AnchorContext,
  ): Promise<{ readonly proof: JsonObject; readonly said: string }>;
  /** Whether the proof holds of that checkpoint; that the chain still has it was checked before. */
  check(
    receipt: AnchorReceipt,
    anchor: AnchorContext,
  ): Promise<{ readonly verdict: Verdict; readonly detail: string }>;
}

/** Bytes of a proof. */
const MOST_PROOF = 64 * 1024;
const VERDICTS: readonly Verdict[] = [
  'holds',
  'pending',
  'unchecked',
  'unreachable',
  'gone',
  'broken',
  'contradicted',
];

export const anchorPoint: PointKind<AnchorKind> = {
  what: 'anchor',
  check(value, where) {
    const at = {
      where,
      point: 'anchors',
      what: 'anchor',
      texts: ['description'],
      functions: ['submit', 'check'],
    };
    const kinds = checkItems<AnchorKind>(value, at);
    for (const kind of kinds) factsOf(kind, where);
    return kinds;
  },
  describe: (kind) => described(kind.name, kind.description, factsOf(kind, kind.name)),
  async invoke(kind, method, [subject, options, offline], { tool, signal }) {
    const context: AnchorContext = {
      options: options as Readonly<Record<string, string>>,
      offline: offline === true,
      signal,
      fetch: async (url, given = {}) => (await tool('fetch', url, given)) as FetchResult,
    };
    if (method === 'submit') return kind.submit(subject as AnchorCheckpoint, context);
    return kind.check(subject as AnchorReceipt, context);
  },
};

function factsOf({ name, options = {} }: AnchorKind, where: string): JsonObject {
  return { options: inputFacts(options, `${where}: ${name}`, 'option') };
}

/** Answers what an anchor asks for; of a check that is to be made offline, nothing. */
export function answerAnchor(at: {
  readonly who: string;
  readonly may: (capability: string) => boolean;
  readonly signal: AbortSignal;
  readonly offline: boolean;
}): Invocation['tool'] {
  return async (method, ...given) => {
    if (method !== 'fetch')
      throw new BitError('denied', `${printable(shorten(method))} is not for an anchor`);
    if (at.offline) throw new BitError('denied', 'nothing is asked of a service: --offline');
    return fetchGranted(given, at);
  };
}

/** @throws BitError `remote` naming what is wrong with it */
export function readAnchored(
  value: unknown,
  who: string,
): { readonly proof: JsonObject; readonly said: string } {
  return reading(who, 'submit', () => {
    const { proof, said } = members(value);
    const kept = object(proof, 'proof');
    if (Buffer.byteLength(JSON.stringify(kept)) > MOST_PROOF)
      throw new BitError('usage', `proof: expected at most ${MOST_PROOF} bytes`);
    if (JSON.stringify(maskJson(kept)) !== JSON.stringify(kept))
      throw new BitError(
        'usage',
        'proof: it holds what looks like a secret, and would travel with the ledger',
      );
    return { proof: kept, said: line(said, 'said') };
  });
}

/** @throws BitError `remote` naming what is wrong with it */
export function readStanding(value: unknown, who: string): Standing {
  return reading(who, 'check', () => {
    const { verdict, detail } = members(value);
    const known = VERDICTS.find((one) => one === verdict);
    if (known === undefined) throw new BitError('usage', `verdict: expected one of ${VERDICTS.join(', ')}`);
    return { verdict: known, detail: line(detail, 'detail') };
  });
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  if (isJsonObject(value)) return value;
  throw new BitError('usage', 'expected an object');
}

function line(value: unknown, what: string): string {
  return maskSecrets(printable(shorten(text(value, what), 300)));
}

function reading<Out>(who: string, method: string, read: () => Out): Out {
  try {
    return read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BitError('remote', `${who}: ${method} answered wrongly: ${why}`);
  }
}
