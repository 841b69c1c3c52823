import { createHash } from 'node:crypto';
import type { Persona } from '../protocol/types.ts';
import { openResponders, type ResponderOptions, TYPE } from './responder.ts';

/** What is said of a runner or a controller. */
export interface Announcement {
  /** `aln://runner/phoenix/alpha` */
  readonly id: string;
  readonly version: string;
  /** Of a controller: left out. */
  readonly persona?: Persona;
  /** Kinds of work. */
  readonly capabilities: readonly string[];
  /** Where the mesh's control channel is: `wss://host:7443`. */
  readonly address: string;
  readonly mesh: string;
}

export interface Announcer {
  /** Says goodbye, so that nobody goes on looking. */
  close(): Promise<void>;
}

/** A TXT record's strings are at most this long, with their keys. */
const LONGEST = 250;
const GOODBYE_MS = 500;

/** Answers whoever asks for the mesh on the local network, until it is closed. */
export async function announce(
  announcement: Announcement,
  options: ResponderOptions = {},
): Promise<Announcer> {
  const responders = await openResponders(options);
  const { id, version, persona, capabilities, address, mesh } = announcement;
  const txt = {
    id,
    v: version,
    ...(persona === undefined ? {} : { persona }),
    caps: shortened(capabilities, LONGEST - 'caps='.length),
    addr: address,
    mesh,
  };
  const digest = createHash('sha256').update(`${id}\n${mesh}\n${address}`).digest('hex');
  for (const responder of responders) {
    responder.publish({
      // unique on the network, and one label of DNS
      name: `bit-${digest.slice(0, 16)}`,
      type: TYPE,
      protocol: 'tcp',
      port: portOf(address),
      txt,
      // a name that two of us would have is no question: it is made of what they say
      probe: false,
    });
  }
  return {
    close: () =>
      new Promise((resolve) => {
        let open = responders.length;
        const end = (): void => {
          for (const responder of responders) responder.destroy();
          resolve();
        };
        const timer = setTimeout(end, GOODBYE_MS);
        for (const responder of responders) {
          responder.unpublishAll(() => {
            open -= 1;
            if (open > 0) return;
            clearTimeout(timer);
            end();
          });
        }
      }),
  };
}

function shortened(words: readonly string[], most: number): string {
  let text = '';
  for (const word of words) {
    const longer = text === '' ? word : `${text},${word}`;
    if (Buffer.byteLength(longer) > most) break;
    text = longer;
  }
  return text;
}

function portOf(address: string): number {
  const { port, protocol } = new URL(address);
  return port === '' ? (protocol === 'wss:' ? 443 : 80) : Number(port);
}
