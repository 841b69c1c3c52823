import { BitError } from '../kernel/errors.ts';
import {
  formatSignature,
  fromDecimal,
  openNote,
  parseNote,
  parseVkey,
  timestampOf,
  toBase64,
  type VerifierKey,
} from '../tlog/index.ts';
import { type Answer, below, exchange, saidBy, serviceUrl } from './http.ts';
import type { Options } from './options.ts';
import type { Anchorable, AnchorDriver, Anchored } from './port.ts';

/** Room for two hundred signatures, or ten of ML-DSA. */
const ANSWER_LIMIT = 64 * 1024;
/** A witness that names another size each time is not asked forever. */
const ATTEMPTS = 4;

/** `{driver: witness, url: https://witness.example/, key: VKEY}`: c2sp.org/tlog-witness. */
export function witnessAnchor(options: Options): AnchorDriver {
  const url = serviceUrl(options, 'url', options.text('url'));
  const keys = options.list('key').map(parseVkey);
  if (keys.some(({ type }) => type === 'ed25519')) options.fail('key', 'a vkey of a witness, of type 4 or 6');
  const seconds = options.timeout();
  const place = url.href;
  return {
    place,
    step: `ask the witness ${place} to cosign the checkpoint, with a proof that the log only grew`,
    async submit(checkpoint, { signal }) {
      const post = (body: string): Promise<Answer> =>
        exchange({ url: below(url, 'add-checkpoint'), body, place, limit: ANSWER_LIMIT, seconds, signal });
      return cosigned(checkpoint, await addCheckpoint(checkpoint, place, post), keys, place);
    },
    async check({ note, proof }) {
      const { cosignatures } = proof;
      if (typeof cosignatures !== 'string')
        return { verdict: 'broken', detail: 'the receipt has no cosignature' };
      try {
        const found = verified(note, cosignatures, keys);
        return { verdict: 'holds', detail: `cosigned by ${found.map(({ said }) => said).join(', ')}` };
      } catch (error) {
        if (!(error instanceof BitError)) throw error;
        return { verdict: 'broken', detail: error.message };
      }
    },
  };
}

/** The answer that holds the cosignatures. */
async function addCheckpoint(
  checkpoint: Anchorable,
  place: string,
  post: (body: string) => Promise<Answer>,
): Promise<Answer> {
  let old = checkpoint.before;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const proof = old === 0 ? [] : checkpoint.consistency(old);
    const answer = await post([`old ${old}`, ...proof.map(toBase64), '', checkpoint.note].join('\n'));
    if (answer.status === 200) return answer;
    if (answer.status !== 409) throw refusal(checkpoint, place, old, answer);
    const size = fromDecimal(answer.body.toString('latin1').replace(/\n$/, ''));
    // equal sizes: what it disagrees with is the root
    const equal = old === checkpoint.size && (size === undefined || size === old);
    if (equal) throw disagrees(checkpoint, place, old);
    if (size === undefined || size === old)
      throw new BitError('remote', `${place} does not say what it has: ${saidBy(answer)}`);
    if (size > checkpoint.size) throw disagrees(checkpoint, place, size);
    old = size;
  }
  throw new BitError('remote', `${place} names another size each time it is asked`);
}

function refusal({ chain, origin, note }: Anchorable, place: string, old: number, answer: Answer): BitError {
  const details = { place, status: answer.status, chain };
  if (answer.status === 404) {
    return new BitError('remote', `${place} does not know the log ${origin}`, {
      hint: 'give its operator the origin and the key: bit ledger checkpoint --jq .key',
      details,
    });
  }
  if (answer.status === 403) {
    return new BitError('auth', `${place} knows none of the keys that signed the checkpoint of ${origin}`, {
      hint: 'give its operator the key in use: bit ledger checkpoint --jq .key',
      details,
    });
  }
  if (answer.status === 422) return disagrees({ chain, note }, place, old);
  return new BitError('remote', `${place}: ${saidBy(answer)}`, { details });
}

/** It cosigned a tree that ours does not go on from. The witness tells sizes, never roots. */
function disagrees(
  { chain, note }: Pick<Anchorable, 'chain' | 'note'>,
  place: string,
  size: number,
): BitError {
  const here = parseNote(note).text.split('\n').slice(1, 3).join(' entries, root ');
  return new BitError(
    'integrity',
    `${place} cosigned a checkpoint that chain ${chain} does not go on from: witnessed ${size} entries of another tree; here ${here}`,
    {
      hint: 'the ledger was cut, put back or rewritten since: find what happened with bit ledger verify',
      details: { chain, place, witnessed: size, here: note },
    },
  );
}

function cosigned(
  { note }: Anchorable,
  { body }: Answer,
  keys: readonly VerifierKey[],
  place: string,
): Anchored {
  let found: ReturnType<typeof verified>;
  try {
    found = verified(note, body.toString('utf8'), keys);
  } catch (error) {
    if (!(error instanceof BitError)) throw error;
    throw new BitError('remote', `${place} did not cosign: ${error.message}`, {
      hint: 'is ledger.anchors.….key the key of this witness?',
      cause: error,
    });
  }
  const cosignatures = found.map(({ line }) => line).join('');
  return {
    proof: { cosignatures },
    cosignatures,
    said: `cosigned by ${found.map(({ said }) => said).join(', ')}`,
  };
}

/**
 * The cosignatures over a checkpoint that are a known key's; those of others are left out, as the specification asks.
 *
 * @throws BitError `integrity` where there is none, or a known key's doesn't hold
 */
export function verified(
  note: string,
  lines: string,
  keys: readonly VerifierKey[],
): { readonly line: string; readonly said: string }[] {
  const { text } = parseNote(note);
  const { signatures } = parseNote(`${text}\n${lines}`);
  return openNote({ text, signatures }, keys).flatMap((key) => {
    const signature = signatures.find(({ name, id }) => name === key.name && id === key.id);
    if (signature === undefined) return [];
    const seconds = Number(timestampOf(signature.signature));
    const time =
      seconds > 0 && seconds < 253_402_300_800 ? new Date(seconds * 1000).toISOString() : 'no time';
    return [{ line: formatSignature(signature), said: `${key.name} at ${time.replace('.000Z', 'Z')}` }];
  });
}
