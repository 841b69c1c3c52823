import type { MeshConfig } from '../settings/index.ts';
import { type Browser, browse } from './browse.ts';
import { networkInterfaces, type ResponderOptions } from './responder.ts';

export interface FinderOptions extends ResponderOptions {
  readonly config: MeshConfig;
  /** Instead of all else: what somebody typed. */
  readonly address?: string;
  /** Milliseconds the network is given to answer. */
  readonly patience?: number;
}

/** Addresses of controllers to try, in their order. */
export interface Finder {
  /** Asked before every attempt: what is found changes. */
  addresses(): Promise<readonly string[]>;
  /** The one that answered; it comes first from now on. */
  met(address: string): void;
  close(): void;
}

const PATIENCE_MS = 3000;

/** Whoever answered last, then what the network says, then the seeds. */
export function findControllers(options: FinderOptions): Finder {
  const { config, address, patience = PATIENCE_MS } = options;
  const { discovery, tls } = config;
  let browser: { readonly at: string; readonly open: Promise<Browser> } | undefined;
  let last: string | undefined;
  let closed = false;
  const onNetwork = async (): Promise<readonly string[]> => {
    if (!discovery.mdns || closed) return [];
    const interfaces = options.interfaces ?? networkInterfaces();
    const at = interfaces.join(' ');
    // a cable was plugged in, a tunnel came up
    if (browser !== undefined && browser.at !== at) {
      void browser.open.then((one) => one.close());
      browser = undefined;
    }
    browser ??= { at, open: browse({ ...options, interfaces, mesh: config.name }) };
    try {
      const found = await (await browser.open).wait(patience);
      return found.flatMap(({ address: said, addresses }) =>
        tls.mode === 'strict-ca' || addresses.length === 0 ? [said, ...addresses] : [...addresses, said],
      );
    } catch (error) {
      options.onTrouble?.(error);
      return [];
    }
  };
  return {
    async addresses() {
      if (address !== undefined) return [address];
      const found = [...(last === undefined ? [] : [last]), ...(await onNetwork()), ...discovery.seeds];
      return [...new Set(found)].filter((one) => !tls.required || one.startsWith('wss:'));
    },
    met(one) {
      last = one;
    },
    close() {
      closed = true;
      void browser?.open.then((one) => one.close());
      browser = undefined;
    },
  };
}
