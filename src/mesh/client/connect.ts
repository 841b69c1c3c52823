/** {@link openMesh}: from a place that may have a controller to one that answers. */
import { join } from 'node:path';
import { BitError, isBitError } from '../../kernel/errors.ts';
import type { KeyReader, KeyRing, Signer } from '../../keys/index.ts';
import type { Reader } from '../../operation/index.ts';
import { openLink } from '../channel/index.ts';
import type { Take } from '../channel/index.ts';
import { openPins } from '../identity/index.ts';
import { readMeshConfig } from '../settings/index.ts';
import type { Channel, Link } from '../channel/index.ts';
import { openDialer } from '../transport/index.ts';
import type { MeshClient } from './index.ts';
import { controllerPlaces, type ControllerPlace, noController } from './place.ts';
import { MeshSession } from './session.ts';

export interface OpenOptions {
  /** Address of the one to ask; default what is found. */
  readonly controller?: string | undefined;
}

export type MeshReader = Pick<
  Reader,
  'env' | 'stateDirectory' | 'repository' | 'configDirectory' | 'notice' | 'signal' | 'keys'
>;

/** Milliseconds one place has to answer where there are others to try. */
const PATIENCE_MS = 5000;

/**
 * Connects to the first controller that answers.
 *
 * @throws BitError `remote` where none does, naming each place tried; `auth` where it lets this key in nowhere, or this
 *   machine has no key yet
 */
export async function openMesh(reader: MeshReader, options: OpenOptions = {}): Promise<MeshClient> {
  const places = controllerPlaces(reader, options.controller);
  const tried: string[] = [];
  const signer = await signerOf(reader.keys);
  for (const place of places) {
    try {
      return await connect(reader, place, signer);
    } catch (error) {
      if (!isBitError(error, 'remote') || places.length === 1 && place.from !== 'repository') throw error;
      tried.push(`${place.address} (${place.from}): ${error.message}`);
    }
  }
  throw noController(tried);
}
