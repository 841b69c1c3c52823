/**
 * Frames of the mesh. Wrong is anything thrown; a frame taken that its published schema refuses (Ajv reads it), or refused
 * though it is right; a refusal that is no message itself; and a channel that answers one frame more than once.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { canonicalJson, type Json } from '../../../src/kernel/json.ts';
import { Live } from '../../../src/mesh/channel/live.ts';
import { createComposer, decode, type MessageType, SCHEMAS } from '../../../src/mesh/protocol/index.ts';
import { sample, TYPES } from '../../../test/mesh/samples.ts';
import type { Random } from '../random.ts';
import { mutateJson, mutateText, orElse, several } from './mutate.ts';
import { LONGEST, root, type Tally, type Target } from './target.ts';

/** What I-JSON (RFC 7493) and our bounds refuse beyond any schema. */
const STRICTER =
  /there twice|half a surrogate pair|beyond the numbers|name that is refused|within each other/;

const folder = join(root, 'docs', 'schema', 'mesh');
const ajv = new Ajv2020({ strict: true });
const published = new Map<string, ValidateFunction>();

function validator(type: MessageType): ValidateFunction {
  const known = published.get(type);
  if (known !== undefined) return known;
  const file = `${SCHEMAS[type].slice('bithub.mesh.'.length)}.json`;
  const made = ajv.compile(JSON.parse(readFileSync(join(folder, file), 'utf8')) as object);
  published.set(type, made);
  return made;
}

const isType = (type: unknown): type is MessageType =>
  typeof type === 'string' && Object.hasOwn(SCHEMAS, type);

/** Whether a published schema takes it. */
function fits(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { type } = value as { readonly type?: unknown };
  return isType(type) && validator(type)(value);
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

const NOW = Date.parse('2025-08-30T16:12:00Z');
const clock = { now: () => NOW, monotonic: () => 0 };

/** A channel that nobody is at the other end of. */
function answersOf(frame: string): readonly string[] {
  const said: string[] = [];
  const live = new Live({
    connection: {
      ...{ id: 1, remote: { address: '', secure: false, endPoint: undefined }, buffered: 0, open: true },
      send: (text) => said.push(text) > 0,
      drained: () => Promise.resolve(),
      receive: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      close: () => undefined,
      closed: new Promise(() => undefined),
    },
    peer: { id: 'aln://runner/phoenix/alpha', role: 'runner', public_key: '' },
    composer: createComposer({ sender: 'aln://mesh/controller', now: clock.now, prefix: 'c' }),
    ...{ clock, most: LONGEST * 4, take: () => undefined, handshake: () => undefined },
    fault: (error) => {
      throw error;
    },
  });
  live.frame(Buffer.from(frame));
  return said;
}

function examine(text: string, tally: Tally): string | undefined {
  const { message, wrong } = decode(Buffer.from(text));
  // what UTF-8 can't hold has become something else on the way
  const read = parsed(text.toWellFormed());
  if (message !== undefined) {
    tally(message.type);
    if (!fits(message)) return `taken, though its schema refuses it: ${JSON.stringify(ajv.errors)}`;
    if (JSON.stringify(message) !== JSON.stringify(read?.value)) return 'taken for something else';
    canonicalJson(message as unknown as Json);
  } else {
    tally(wrong.code);
    if (read !== undefined && fits(read.value) && !STRICTER.test(wrong.message))
      return `refused, though its schema takes it: ${wrong.message}`;
    if (!/^(\/([^~/]|~0|~1)*)*…?$/u.test(wrong.field ?? '')) return `no JSON Pointer: ${wrong.field}`;
  }
  const answers = answersOf(text);
  if (answers.length > 1) return `${answers.length} answers`;
  const [answer] = answers;
  const told = answer === undefined ? undefined : decode(answer);
  if (told?.wrong !== undefined) return `answered by what is no message: ${told.wrong.message}`;
  if (wrong !== undefined && told?.message?.type !== 'ERROR') return 'refused without an ERROR';
  return undefined;
}

function mutate(pool: readonly string[], dice: Random): string {
  const text = pool[dice.below(pool.length)] ?? '{}';
  if (dice.below(3) === 0) return several(text, 3, dice, (once) => mutateText(once, pool, dice));
  const value = parsed(text)?.value;
  let changed = value;
  for (let left = 1 + dice.below(2); left > 0; left--) changed = mutateJson(changed, dice);
  const written = JSON.stringify(changed) ?? '{}';
  if (dice.below(8) > 0) return written;
  // a member twice, somewhere
  const at = written.indexOf('{', dice.below(written.length));
  return at < 0 ? written : `${written.slice(0, at + 1)}"type":"ACK",${written.slice(at + 1)}`;
}

export const mesh: Target = {
  name: 'mesh',
  corpus: 'test/mesh/corpus',
  ending: 'frame',
  encoding: 'utf8',
  most: 500,
  seeds: () => TYPES.map((type) => JSON.stringify(sample(type))),
  mutate: (pool, dice) =>
    orElse(
      () => mutate(pool, dice),
      () => mutateText(pool[0] ?? '', pool, dice),
    ).slice(0, LONGEST),
  examine,
};
