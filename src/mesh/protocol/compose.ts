import { randomBytes } from 'node:crypto';
import { createTimestamps } from './timestamps.ts';
import type { EnvelopedType, Message, MessageOf, PayloadOf } from './types.ts';
import { SCHEMAS } from './validators.ts';

/** The text of a message. What comes of {@link createComposer} is known to be right; this doesn't look. */
export function encode(message: Message): string {
  return JSON.stringify(message);
}

export interface ComposerOptions {
  readonly sender: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Beginning of all message ids: different wherever they could meet. Default random. */
  readonly prefix?: string;
}

/** A message on its way: its id, so that an answer can be told by its `re`, and its text. */
export interface Composed {
  readonly msg_id: string;
  readonly text: string;
}

/** Makes messages of one sender: ids count up, times never go back. */
export interface Composer {
  compose<T extends EnvelopedType>(type: T, payload: PayloadOf<T>, re?: string): Composed;
  /** The same as an object. */
  message<T extends EnvelopedType>(type: T, payload: PayloadOf<T>, re?: string): MessageOf<T>;
}

export function createComposer(options: ComposerOptions): Composer {
  const { sender, now, prefix = randomBytes(6).toString('base64url') } = options;
  const time = createTimestamps(now);
  let count = 0;
  const from = `","sender":${JSON.stringify(sender)},"ts":"`;
  const heads = new Map<string, string>();
  const nextId = (): string => `M-${prefix}.${(count++).toString(36)}`;
  const headOf = (type: EnvelopedType): string => {
    const known = heads.get(type);
    if (known !== undefined) return known;
    const head = `{"type":"${type}","schema":"${SCHEMAS[type]}","msg_id":"`;
    heads.set(type, head);
    return head;
  };
  return {
    compose(type, payload, re) {
      const msg_id = nextId();
      const answers = re === undefined ? '' : `","re":"${re}`;
      const text = `${headOf(type)}${msg_id}${from}${time()}${answers}","payload":${JSON.stringify(payload)}}`;
      return { msg_id, text };
    },
    message(type, payload, re) {
      const answers = re === undefined ? {} : { re };
      const schema = SCHEMAS[type];
      const whole = { type, schema, msg_id: nextId(), sender, ts: time(), ...answers, payload };
      return whole as unknown as MessageOf<typeof type>;
    },
  };
}
