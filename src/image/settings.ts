import { readSpecification } from '../specification/index.ts';
import type { Service } from './targets.ts';

/** What `images.defaults` of `.bithub.yml` and each of its services may say. */
export type ImageDefaults = Omit<Service, 'name' | 'context' | 'dockerfile'>;

export interface ImageSettings {
  readonly defaults: ImageDefaults;
  readonly services: readonly Service[];
}

/** `images` of `.bithub.yml`. @throws BitError `usage` with everything that is wrong in the file */
export function readImageSettings(root: string): ImageSettings {
  const images = readSpecification(root)?.specification.images;
  return { defaults: images?.defaults ?? {}, services: images?.services ?? [] };
}
