/** {@link openMesh}: from a place that may have a controller to one that answers. */
import { join } from 'node:path';
import { BitError, isBitError } from '../../kernel/errors.ts';
import type { Signer } from '../../keys/index.ts';
import type { Reader } from '../../operation/index.ts';
import { type Link, openLink, pinnedController } from '../channel/index.ts';
import { MOST_ANSWER_BYTES } from '../protocol/index.ts';
import { type MeshConfig, meshConfigOf, readMeshConfig } from '../settings/index.ts';
import { dialWs, filePins, memoryPins } from '../transport/index.ts';
import type { MeshClient } from './index.ts';
import { type ControllerPlace, controllerPlaces, isLoopback, noController } from './place.ts';
import { MeshSession, Watches } from './session.ts';

export interface OpenOptions {
  /** Address of the one to ask; default what is found. */
  readonly controller?: string | undefined;
}

export type MeshReader = Pick<
  Reader,
  'env' | 'stateDirectory' | 'userDirectory' | 'repository' | 'signal' | 'keys'
>;

/** Milliseconds one place has to answer. */
const PATIENCE_MS = 10_000;
/** Milliseconds the local network has to answer. */
const NETWORK_MS = 1500;

/**
 * Connects to the first controller that answers.
 *
 * @throws BitError `remote` where none does, naming each place tried; `auth` or `denied` where one lets this key not in,
 *   `auth` where there is no key yet
 */
export async function openMesh(reader: MeshReader, options: OpenOptions = {}): Promise<MeshClient> {
  const tried: string[] = [];
  const signer = await signerOf(reader);
  const attempt = async (places: readonly ControllerPlace[]): Promise<MeshClient | undefined> => {
    for (const place of places) {
      try {
        return await connect(reader, place, signer);
      } catch (error) {
        if (!isBitError(error, 'remote')) throw error;
        tried.push(`${place.address}: ${error.message}`);
      }
    }
    return undefined;
  };
  const places = controllerPlaces(reader, options.controller);
  const found = await attempt(places);
  if (found !== undefined) return found;
  const named = places.some(({ from }) => from === 'flag' || from === 'environment');
  const met = named ? undefined : await attempt(await onNetwork(reader));
  if (met !== undefined) return met;
  throw noController(tried);
}

/** Who answers on the local network, where the mesh's configuration asks there. */
async function onNetwork(reader: MeshReader): Promise<ControllerPlace[]> {
  const config = configOf(reader);
  if (!config.discovery.mdns) return [];
  const { findControllers } = await import('../discovery/index.ts');
  const unseeded = { ...config, discovery: { ...config.discovery, seeds: [] } };
  const finder = findControllers({ config: unseeded, patience: NETWORK_MS });
  try {
    const addresses = await finder.addresses();
    return addresses.map((address) => ({ address, publicKey: undefined, from: 'network' as const }));
  } finally {
    finder.close();
  }
}

function configOf({ repository }: MeshReader): MeshConfig {
  const root = repository?.root;
  return root === undefined ? meshConfigOf('') : readMeshConfig(root).config;
}

async function signerOf({ keys }: MeshReader): Promise<Signer> {
  // an action's keys make the first one where there is none
  const signer =
    'signer' in keys ? await (keys.signer as () => Promise<Signer>)() : await keys.existingSigner();
  if (signer !== undefined) return signer;
  throw new BitError('auth', 'there is no key yet to prove who asks', { hint: 'make one with: bit key new' });
}

async function connect(reader: MeshReader, place: ControllerPlace, signer: Signer): Promise<MeshClient> {
  const { address, publicKey } = place;
  const { tls } = configOf(reader);
  // where its key is known nothing has to be remembered
  const pins =
    publicKey === undefined
      ? filePins(join(reader.userDirectory, 'mesh', 'known_controllers'))
      : memoryPins();
  const dialer = dialWs({
    required: tls.required && !isLoopback(address),
    mode: tls.mode,
    pins,
    most: MOST_ANSWER_BYTES,
  });
  const watches = new Watches();
  let mesh = '';
  let first: ((why: Error) => void) | undefined;
  const refused = new Promise<never>((_, reject) => {
    first = reject;
  });
  refused.catch(() => undefined);
  const link: Link = openLink({
    dialer,
    signer,
    addresses: () => [address],
    hello: () => ({
      runner_id: `aln://client/${signer.publicKey.slice('ed25519:'.length, 'ed25519:'.length + 16)}`,
      role: 'client',
      persona: 'strict',
      capabilities: {},
      storage: [],
      policy_hash: `sha256-${'0'.repeat(64)}`,
    }),
    ...pinnedController(pins),
    ...(publicKey === undefined ? {} : { trusted: (key: string) => key === publicKey }),
    take: (message) => watches.take(message),
    up: () => watches.again(),
    down: (why) => first?.(why),
  });
  try {
    const signal = AbortSignal.any([reader.signal, AbortSignal.timeout(PATIENCE_MS)]);
    await Promise.race([link.ready(signal), refused]);
    first = undefined;
    mesh = (await link.request('MESH_QUERY', { peers: false })).payload.mesh;
  } catch (error) {
    await link.close();
    throw error;
  }
  return new MeshSession({ link, address, mesh, watches });
}
