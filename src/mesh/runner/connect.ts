import { join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import type { Reader } from '../../operation/index.ts';
import { type Link, type LinkOptions, openLink, pinnedController } from '../channel/index.ts';
import { controllerHere, type Transfer } from '../client/index.ts';
import { type Finder, findControllers } from '../discovery/index.ts';
import { MOST_ANSWER_BYTES } from '../protocol/index.ts';
import type { MeshConfig } from '../settings/index.ts';
import { dialWs, filePins } from '../transport/index.ts';
import type { RunnerOptions } from './options.ts';

export interface Connecting {
  readonly open: RunnerOptions['open'];
  readonly transfer: () => Transfer;
  /** Where the controller is that it is connected to: `wss://host:7443`. */
  readonly address: () => string | undefined;
  close(): void;
}

type ConnectReader = Pick<Reader, 'env' | 'stateDirectory' | 'userDirectory' | 'notice'>;

/**
 * How a runner comes to its controller: what was typed or BIT_MESH says; else the one of this very repository, then
 * what discovery finds. Its key is pinned at first use.
 */
export function connecting(
  reader: ConnectReader,
  { config, address }: { readonly config: MeshConfig; readonly address: string | undefined },
): Connecting {
  const named = address ?? (reader.env['BIT_MESH'] || undefined);
  const pins = filePins(join(reader.userDirectory, 'mesh', 'known_controllers'));
  const finder: Finder = findControllers({
    config,
    ...(named === undefined ? {} : { address: named }),
    onTrouble: () => undefined,
  });
  const pinned = pinnedController(pins);
  const here = () => (named === undefined ? controllerHere(reader.stateDirectory) : undefined);
  let link: Link | undefined;
  let met: string | undefined;
  /** The one of this repository, where it was the last to be tried. */
  let tried: string | undefined;
  const addressOf = (): string | undefined => {
    const remote = link?.channel?.remote;
    return remote === undefined ? met : `${remote.secure ? 'wss' : 'ws'}://${remote.address}`;
  };
  return {
    open(options) {
      link = openLink({
        ...options,
        // on this machine itself nobody stands between
        dialer: {
          dial: (to, signal) =>
            dialWs({
              required: config.tls.required && !isLoopback(to),
              mode: config.tls.mode,
              pins,
              most: MOST_ANSWER_BYTES,
            }).dial(to, signal),
        },
        async addresses() {
          const own = here()?.address;
          // nobody waits for the network where one runs on this very machine
          if (own !== undefined && own !== tried) {
            tried = own;
            return [own];
          }
          tried = undefined;
          return [...new Set([...(own === undefined ? [] : [own]), ...(await finder.addresses())])];
        },
        mesh: config.name,
        trusted: (key, mesh) => here()?.public_key === key || pinned.trusted(key, mesh),
        met: pinned.met,
        up(channel, ack) {
          met = `${channel.remote.secure ? 'wss' : 'ws'}://${channel.remote.address}`;
          finder.met(met);
          options.up?.(channel, ack);
        },
      } satisfies LinkOptions);
      return link;
    },
    transfer() {
      const to = addressOf();
      if (link === undefined || to === undefined)
        throw new BitError('remote', 'there is no connection to a controller');
      return { speaker: link, link, address: to };
    },
    address: addressOf,
    close: () => finder.close(),
  };
}

function isLoopback(address: string): boolean {
  const host = URL.canParse(address) ? new URL(address).hostname : '';
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
