import { networkInterfaces as interfacesOf } from 'node:os';
import type { Bonjour } from 'bonjour-service';

export const TYPE = 'bithub-runner';

export interface ResponderOptions {
  /** IPv4 addresses of interfaces; default all that lead somewhere, of a machine that is alone its own. */
  readonly interfaces?: readonly string[];
  /** Something of the network's was no mDNS, or there is no network; nothing stops. */
  readonly onTrouble?: (error: unknown) => void;
}

/** IPv4 addresses that mDNS goes out on. */
export function networkInterfaces(): readonly string[] {
  const all = Object.values(interfacesOf()).flatMap((addresses) => addresses ?? []);
  const found = all.filter(({ family, internal }) => family === 'IPv4' && !internal);
  return found.length > 0 ? found.map(({ address }) => address) : ['127.0.0.1'];
}

interface Emits {
  emit(event: string, ...values: unknown[]): boolean;
}

/**
 * A responder for each interface. What a stranger sends reaches the library's listeners as it is, and they throw on
 * some of it: nothing on a network ends this process.
 */
export async function openResponders({
  interfaces = networkInterfaces(),
  onTrouble = () => undefined,
}: ResponderOptions): Promise<readonly Bonjour[]> {
  const { Bonjour: Responder } = await import('bonjour-service');
  return interfaces.map((address) => {
    // bound to the interface alone it would hear unicast only
    const options = { interface: address, bind: '0.0.0.0' } as never;
    const responder = new Responder(options, onTrouble);
    const { mdns } = (responder as unknown as { readonly server: { readonly mdns: Emits } }).server;
    const emit = mdns.emit.bind(mdns);
    mdns.emit = (event, ...values) => {
      try {
        return emit(event, ...values);
      } catch (error) {
        onTrouble(error);
        return true;
      }
    };
    return responder;
  });
}
