import type { Pins } from '../transport/index.ts';
import type { LinkOptions } from './types.ts';

/** A controller's key as it was at first use, by mesh; it is kept once the controller has proved that it holds it. */
export function pinnedController(pins: Pins): Required<Pick<LinkOptions, 'trusted' | 'met'>> {
  const name = (mesh: string): string => `mesh:${encodeURIComponent(mesh)}`;
  return {
    trusted: (key, mesh) => (pins.get(name(mesh)) ?? key) === key,
    met: (key, mesh) => {
      if (pins.get(name(mesh)) === undefined) pins.set(name(mesh), key);
    },
  };
}
