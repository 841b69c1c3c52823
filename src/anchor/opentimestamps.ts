import { createHash, randomBytes } from 'node:crypto';
import { BitError, isBitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { fromBase64, toBase64 } from '../tlog/index.ts';
import { type HeaderSource, headerSource, readHeader } from './bitcoin.ts';
import { below, exchange, saidBy, serviceUrl } from './http.ts';
import type { Options } from './options.ts';
import {
  appendOperation,
  apply,
  attestationsOf,
  formatOts,
  mapTimestamp,
  mergeTimestamps,
  type Operation,
  parseOts,
  parseTimestamp,
  sha256Operation,
  type Timestamp,
} from './ots-format.ts';
import type { AnchorDriver, Anchored, Receipt, Standing } from './port.ts';

/** The reference client reads no more of a calendar either. */
const ANSWER_LIMIT = 10_000;
/** So that a calendar learns nothing, not even that two checkpoints are the same. */
const NONCE_SIZE = 16;

/** Public calendars that aggregators name; others are asked only where they are configured. */
const PUBLIC = /^[a-z0-9-]+\.calendar\.(?:opentimestamps\.org|eternitywall\.com|catallaxy\.com)$/;

/** `{driver: opentimestamps, url: https://a.pool.opentimestamps.org}`. */
export function opentimestampsAnchor(options: Options): AnchorDriver {
  const urls = options.list('url').map((text) => serviceUrl(options, 'url', text));
  const known = options.has('calendars')
    ? options.list('calendars').map((text) => serviceUrl(options, 'calendars', text))
    : [];
  const seconds = options.timeout();
  const headers = headerSource(options, seconds);
  const place = urls.map(({ href }) => href).join(', ');
  const calendars = new Set([...urls, ...known].map(plain));
  return {
    place,
    step: `give the calendar ${place} a salted SHA-256 of the checkpoint, for Bitcoin's next block`,
    submit: ({ note }, { signal }) => submit(note, urls, { seconds, signal }),
    async check(receipt, { reader, offline }) {
      const timestamp = timestampIn(receipt);
      if (typeof timestamp === 'string') return { verdict: 'broken', detail: timestamp };
      return standing(timestamp, { headers: offline ? undefined : headers, reader });
    },
    async upgrade(receipt, { signal }) {
      const timestamp = timestampIn(receipt);
      if (typeof timestamp === 'string')
        throw new BitError('integrity', `receipt ${receipt.id}: ${timestamp}`);
      return upgraded(timestamp, calendars, { seconds, signal });
    },
    files: (receipt) => ({
      checkpoint: Buffer.from(receipt.note),
      'checkpoint.ots': Buffer.from(String(receipt.proof['ots']), 'base64'),
    }),
  };
}

interface Patience {
  readonly seconds: number;
  readonly signal: AbortSignal;
}

const HEADERS = { accept: 'application/vnd.opentimestamps.v1' };

async function submit(note: string, urls: readonly URL[], patience: Patience): Promise<Anchored> {
  const digest = createHash('sha256').update(note).digest();
  const salt = appendOperation(randomBytes(NONCE_SIZE));
  const salted = apply(salt, digest);
  const message = apply(sha256Operation, salted);
  const failed: BitError[] = [];
  let answered: Timestamp | undefined;
  for (const url of urls) {
    try {
      const stamp = await ask(below(url, 'digest'), { place: url.href, message, body: message, ...patience });
      if (stamp === undefined) throw new BitError('remote', `${url.href} takes no digests: status 404`);
      answered = answered === undefined ? stamp : mergeTimestamps(answered, stamp);
    } catch (error) {
      if (!isBitError(error) || error.code === 'cancelled') throw error;
      failed.push(error);
    }
  }
  if (answered === undefined) throw failed[0] ?? new BitError('remote', 'no calendar answered');
  const whole = under(digest, salt, under(salted, sha256Operation, answered));
  const skipped = failed.map((error) => `; ${error.message}`).join('');
  return { proof: { ots: toBase64(readable(whole)) }, said: `${told(whole)}${skipped}` };
}

function under(message: Buffer, operation: Operation, next: Timestamp): Timestamp {
  return { message, attestations: [], branches: [{ operation, next }] };
}

interface Question extends Patience {
  readonly place: string;
  /** What the answer is a timestamp of. */
  readonly message: Buffer;
  readonly body?: Buffer;
}

/** A calendar's timestamp; undefined where it has none (yet). */
async function ask(url: URL, { message, ...request }: Question): Promise<Timestamp | undefined> {
  const answer = await exchange({ ...request, url, headers: HEADERS, limit: ANSWER_LIMIT });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new BitError('remote', `${request.place}: ${saidBy(answer)}`);
  try {
    return parseTimestamp(answer.body, message);
  } catch (error) {
    if (!isBitError(error)) throw error;
    throw new BitError('remote', `${request.place} does not answer with a timestamp: ${error.message}`, {
      cause: error,
    });
  }
}

/** The proof of a receipt, which must be of its very checkpoint; a string says why it is none. */
function timestampIn({ note, proof }: Receipt): Timestamp | string {
  const bytes = typeof proof['ots'] === 'string' ? fromBase64(proof['ots']) : undefined;
  if (bytes === undefined) return 'the receipt holds no OpenTimestamps proof';
  try {
    const timestamp = parseOts(bytes);
    const digest = createHash('sha256').update(note).digest();
    return timestamp.message.equals(digest) ? timestamp : 'the proof is not of its checkpoint';
  } catch (error) {
    if (isBitError(error, 'integrity')) return error.message;
    throw error;
  }
}

interface Attested {
  readonly blocks: readonly { readonly height: number; readonly message: Buffer }[];
  readonly pending: readonly { readonly uri: string; readonly message: Buffer }[];
}

function attested(timestamp: Timestamp): Attested {
  const all = [...attestationsOf(timestamp)];
  return {
    blocks: all.flatMap(({ message, attestation }) =>
      attestation.kind === 'bitcoin' ? [{ height: attestation.height, message }] : [],
    ),
    pending: all.flatMap(({ message, attestation }) =>
      attestation.kind === 'pending' ? [{ uri: attestation.uri, message }] : [],
    ),
  };
}

function told(timestamp: Timestamp): string {
  const { blocks, pending } = attested(timestamp);
  if (blocks.length > 0)
    return `complete (Bitcoin block ${blocks.map(({ height }) => height).join(', ')}), not checked against Bitcoin`;
  if (pending.length === 0) return 'attested by nothing that is known here';
  return `pending at ${pending.map(({ uri }) => uri).join(', ')}, not checked against Bitcoin`;
}

/** One block that holds it proves it; a block that doesn't is no proof at all. */
async function standing(
  timestamp: Timestamp,
  { headers, reader }: { readonly headers: HeaderSource | undefined; readonly reader: Reader },
): Promise<Standing> {
  const { blocks, pending } = attested(timestamp);
  const detail = told(timestamp);
  if (blocks.length === 0) {
    return pending.length > 0
      ? { verdict: 'pending', detail: `${detail}; complete it with: bit ledger anchor upgrade` }
      : { verdict: 'broken', detail };
  }
  if (headers === undefined) return { verdict: 'unchecked', detail };
  let last: Standing = { verdict: 'unchecked', detail };
  for (const { height, message } of blocks.toSorted((a, b) => a.height - b.height)) {
    try {
      const { root, time } = readHeader(await headers.header(height, reader));
      if (message.equals(root)) {
        const moment = time.toISOString().replace('.000Z', 'Z');
        return {
          verdict: 'holds',
          detail: `in Bitcoin block ${height} of ${moment}, as ${headers.name} has it`,
        };
      }
      last = {
        verdict: 'broken',
        detail: `Bitcoin block ${height} does not hold it, as ${headers.name} has it`,
      };
    } catch (error) {
      if (!isBitError(error) || error.code === 'cancelled') throw error;
      last = { verdict: error.code === 'integrity' ? 'broken' : 'unreachable', detail: error.message };
    }
  }
  return last;
}

/** Asks the calendars of what is pending, but none that is not known: the address comes from somebody's answer. */
async function upgraded(
  timestamp: Timestamp,
  calendars: ReadonlySet<string>,
  patience: Patience,
): Promise<Anchored | undefined> {
  if (attested(timestamp).blocks.length > 0) return undefined;
  const failed: BitError[] = [];
  const whole = await mapTimestamp(timestamp, async (node) => {
    let made = node;
    for (const attestation of node.attestations) {
      if (attestation.kind !== 'pending') continue;
      const { uri } = attestation;
      try {
        const url = calendarOf(uri, calendars);
        const path = `timestamp/${node.message.toString('hex')}`;
        const found = await ask(below(url, path), { place: uri, message: node.message, ...patience });
        if (found !== undefined) made = mergeTimestamps(made, found);
      } catch (error) {
        if (!isBitError(error) || error.code === 'cancelled') throw error;
        failed.push(error);
      }
    }
    return made;
  });
  const ots = readable(whole);
  if (!ots.equals(formatOts(timestamp))) return { proof: { ots: toBase64(ots) }, said: told(whole) };
  const [first] = failed;
  if (first !== undefined) throw first;
  return undefined;
}

/** What was put together from answers must still be within the bounds of what is read. */
function readable(timestamp: Timestamp): Buffer {
  const bytes = formatOts(timestamp);
  try {
    parseOts(bytes);
    return bytes;
  } catch (error) {
    if (!isBitError(error)) throw error;
    throw new BitError('remote', `the calendars' answers are too much: ${error.message}`, { cause: error });
  }
}

function calendarOf(uri: string, calendars: ReadonlySet<string>): URL {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  const asked =
    url !== undefined && (calendars.has(plain(url)) || (url.protocol === 'https:' && isPublic(url)));
  if (asked) return url;
  throw new BitError('remote', `the proof is pending at ${uri}, which is no calendar that is known`, {
    hint: 'where it is to be asked, name it in the anchor’s calendars',
  });
}

function isPublic({ hostname, port }: URL): boolean {
  return port === '' && PUBLIC.test(hostname);
}

function plain({ href }: URL): string {
  return href.replace(/\/$/, '');
}
