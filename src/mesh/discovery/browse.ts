import { openResponders, type ResponderOptions, TYPE } from './responder.ts';

/** Somebody on the network who says so. Nothing of it is proved. */
export interface Discovered {
  readonly id: string;
  readonly version: string;
  readonly persona: string | undefined;
  readonly capabilities: readonly string[];
  /** As it was said: `wss://host.local:7443`. */
  readonly address: string;
  /** The same by numbers, where its host is one that only mDNS knows. */
  readonly addresses: readonly string[];
  /** Undefined where it names none. */
  readonly mesh: string | undefined;
}

export interface Browser {
  /** Who is there, controllers first. */
  found(): readonly Discovered[];
  /** Asks again; until somebody was found, or the time is over. */
  wait(milliseconds: number): Promise<readonly Discovered[]>;
  close(): void;
}

const ID = /^aln:\/\/[a-z0-9][a-z0-9._-]{0,63}(?:\/[a-z0-9][a-z0-9._-]{0,63}){0,7}$/;
const ADDRESS = /^wss?:\/\/[A-Za-z0-9.[\]:_-]{1,260}(?:\/[A-Za-z0-9._/-]{0,128})?$/;
/** More than that on one network is somebody's flood. */
const MOST = 256;
const AGAIN_MS = 1000;

interface Service {
  readonly fqdn: string;
  readonly txt?: unknown;
  readonly addresses?: readonly string[];
  readonly referer?: { readonly address: string };
}

/** Listens to what the network says of meshes; of one mesh where it is named. */
export async function browse(options: ResponderOptions & { readonly mesh?: string } = {}): Promise<Browser> {
  const responders = await openResponders(options);
  const found = new Map<string, Discovered>();
  let wake: (() => void)[] = [];
  const take = (service: Service): void => {
    const said = discoveredOf(service);
    if (
      said === undefined ||
      (said.mesh !== undefined && options.mesh !== undefined && said.mesh !== options.mesh)
    )
      found.delete(service.fqdn);
    else if (found.size < MOST || found.has(service.fqdn)) {
      found.set(service.fqdn, said);
      const waiting = wake;
      wake = [];
      for (const one of waiting) one();
    }
  };
  const browsers = responders.map((responder) => {
    const browser = responder.find({ type: TYPE, protocol: 'tcp' });
    const heard = (service: unknown): void => {
      take(service as Service);
      // what it keeps for itself is bounded too
      if (browser.services.length > 2 * MOST) browser.stop();
    };
    browser.on('up', heard);
    browser.on('txt-update', heard);
    browser.on('srv-update', heard);
    browser.on('down', (service: unknown) => found.delete((service as Service).fqdn));
    return browser;
  });
  const all = (): readonly Discovered[] => {
    for (const browser of browsers) browser.expire();
    return [...found.values()].sort((a, b) => rank(a) - rank(b) || (a.address < b.address ? -1 : 1));
  };
  return {
    found: all,
    async wait(milliseconds) {
      const until = performance.now() + milliseconds;
      for (;;) {
        for (const browser of browsers) browser.update();
        const now = all();
        const left = until - performance.now();
        if (now.length > 0 || left <= 0) return now;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(left, AGAIN_MS));
          wake.push(() => {
            clearTimeout(timer);
            resolve();
          });
        });
      }
    },
    close() {
      for (const browser of browsers) browser.stop();
      for (const responder of responders) responder.destroy();
    },
  };
}

/** A runner says where its controller is; who is the controller says it first hand. */
function rank({ id }: Discovered): number {
  return id.startsWith('aln://mesh/') ? 0 : 1;
}

/** Undefined where it is none of ours, or says things no mesh says. */
function discoveredOf({ txt, addresses = [], referer }: Service): Discovered | undefined {
  const text = (key: string, most: number): string | undefined => {
    const value = typeof txt === 'object' && txt !== null ? (txt as Record<string, unknown>)[key] : undefined;
    const said = Buffer.isBuffer(value) ? value.toString('utf8') : value;
    return typeof said === 'string' && said.length <= most && /^[^\u0000-\u001f\u007f]*$/.test(said)
      ? said
      : undefined;
  };
  const id = text('id', 256);
  const address = text('addr', 400);
  if (id === undefined || !ID.test(id) || address === undefined || !ADDRESS.test(address)) return undefined;
  const mesh = text('mesh', 128);
  return {
    id,
    version: text('v', 64) ?? '',
    persona: text('persona', 32),
    capabilities: (text('caps', 255) ?? '').split(',').filter((name) => name !== ''),
    address,
    addresses: byNumbers(address, [...addresses, ...(referer === undefined ? [] : [referer.address])]),
    mesh: mesh === '' ? undefined : mesh,
  };
}

/** `host.local` is a name that few resolvers know; who told it is at one of these. */
function byNumbers(address: string, numbers: readonly string[]): readonly string[] {
  if (!/^wss?:\/\/[^/:]+\.local(?=[:/]|$)/.test(address)) return [];
  const reachable = numbers.filter((one) => /^[0-9.]{7,15}$/.test(one));
  const others = numbers.filter((one) => /^[0-9a-f:]{3,39}$/.test(one) && !one.startsWith('fe80'));
  return [...new Set([...reachable, ...others.map((one) => `[${one}]`)])]
    .slice(0, 8)
    .map((host) => address.replace(/^(wss?:\/\/)[^/:]+/, `$1${host}`));
}
