/** A witness as c2sp.org/tlog-witness has it, with nothing of src/tlog in it. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { naiveConsistency } from '../tlog/naive.ts';
import { type Ground, onGround } from './ground.ts';
import { type Handler, type Server, serve } from './server.ts';

interface Seen {
  readonly size: number;
  readonly root: Buffer;
}

export interface Witness extends Server {
  readonly vkey: string;
  /** A log it knows: its vkey. */
  trust(vkey: string): void;
  /** The newest it cosigned of an origin. */
  readonly seen: Map<string, Seen>;
  /** Cosignature lines over a note's text, as its key makes them. */
  cosign(text: string, time?: number): string;
}

export async function serveWitness(name = 'witness.example/w1'): Promise<Witness> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = rawKey(publicKey);
  const id = idOf(name, 4, raw);
  const keys = new Map<string, { raw: Buffer; name: string }>();
  const seen = new Map<string, Seen>();
  const cosign = (text: string, time = Math.floor(Date.now() / 1000)): string => {
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(time));
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), privateKey);
    return `— ${name} ${Buffer.concat([id, stamp, signature]).toString('base64')}\n`;
  };
  const handler: Handler = ({ method, path, body }, response) => {
    const end = (status: number, text: string, type = 'text/plain'): void =>
      void response.writeHead(status, { 'content-type': type }).end(text);
    if (method !== 'POST' || path !== '/add-checkpoint') return end(404, 'no such call\n');
    const given = body.toString('utf8');
    const [head = '', text = '', signatures = ''] = given.split('\n\n');
    const [oldLine = '', ...proofLines] = head.split('\n');
    const [origin = '', sizeLine = '', rootLine = ''] = text.split('\n');
    const old = Number(/^old (0|[1-9][0-9]*)$/.exec(oldLine)?.[1] ?? Number.NaN);
    const size = Number(sizeLine);
    const root = Buffer.from(rootLine, 'base64');
    const proof = proofLines.map((line) => Buffer.from(line, 'base64'));
    if (!Number.isSafeInteger(old) || proof.length > 63 || proof.some((hash) => hash.length !== 32))
      return end(400, 'malformed\n');
    const key = keys.get(origin);
    if (key === undefined) return end(404, 'unknown origin\n');
    if (!signed(`${text}\n`, signatures, key)) return end(403, 'no known signature\n');
    if (old > size) return end(400, 'old is larger\n');
    const known = seen.get(origin) ?? { size: 0, root: createHash('sha256').digest() };
    if (old !== known.size) return end(409, `${known.size}\n`, 'text/x.tlog.size');
    if (old === size && !known.root.equals(root)) return end(409, `${known.size}\n`, 'text/x.tlog.size');
    const consistent = old === 0 ? proof.length === 0 : naiveConsistency(old, size, known.root, root, proof);
    if (!consistent) return end(422, 'the proof does not verify\n');
    seen.set(origin, { size, root });
    end(200, cosign(`${text}\n`));
  };
  const server = await serve(handler);
  return {
    ...server,
    vkey: `${name}+${id.toString('hex')}+${Buffer.concat([Buffer.of(4), raw]).toString('base64')}`,
    trust(vkey) {
      const [, origin = '', encoded = ''] = /^([^+]+)\+[0-9a-f]{8}\+(.+)$/.exec(vkey) ?? [];
      keys.set(origin, { raw: Buffer.from(encoded, 'base64').subarray(1), name: origin });
    },
    seen,
    cosign,
  };
}

function rawKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}

function idOf(name: string, type: number, raw: Buffer): Buffer {
  return createHash('sha256')
    .update(Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), raw]))
    .digest()
    .subarray(0, 4);
}

function signed(text: string, lines: string, { raw, name }: { raw: Buffer; name: string }): boolean {
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
  return lines.split('\n').some((line) => {
    const [, who, encoded = ''] = line.split(' ');
    const bytes = Buffer.from(encoded, 'base64');
    return (
      who === name &&
      bytes.subarray(0, 4).equals(idOf(name, 1, raw)) &&
      verify(null, Buffer.from(text), key, bytes.subarray(4))
    );
  });
}

/** With a witness that knows this ledger, and an anchor `w` at it. */
export const withWitness = (work: (ground: Ground, witness: Witness, key: string) => Promise<void>) => () =>
  onGround(async (ground) => {
    const witness = await serveWitness();
    try {
      ground.anchors({ w: { driver: 'witness', url: witness.url, key: witness.vkey, timeout: 1 } });
      const { key } = await ground.json<{ key: string }>(0, 'ledger', 'checkpoint');
      witness.trust(key);
      await work(ground, witness, key);
    } finally {
      await witness.close();
    }
  });
