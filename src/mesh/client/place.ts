/** Where a controller is looked for, and what a running one leaves for others in its repository. */
import { join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { readTextIfExists } from '../../kernel/files.ts';
import { isJsonObject } from '../../kernel/json.ts';
import { printable } from '../../kernel/text.ts';
import type { Reader } from '../../operation/index.ts';
import { readMeshConfig } from '../settings/index.ts';

/** A controller that may be there. */
export interface ControllerPlace {
  /** `wss://host:port`, or `ws://` on loopback. */
  readonly address: string;
  /** Its key where that is known. */
  readonly publicKey: string | undefined;
  readonly from: 'flag' | 'environment' | 'repository' | 'seed' | 'network';
}

/** What `bit mesh serve` writes for those who share its repository. */
export interface ControllerFile {
  readonly address: string;
  readonly public_key: string;
  readonly mesh: string;
  readonly pid: number;
}

export type PlaceReader = Pick<Reader, 'env' | 'stateDirectory' | 'repository'>;

export function controllerFile(stateDirectory: string): string {
  return join(stateDirectory, 'mesh', 'controller.json');
}

/** The controller that runs in this repository; undefined where none does. */
export function controllerHere(stateDirectory: string): ControllerFile | undefined {
  const text = readTextIfExists(controllerFile(stateDirectory));
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { address, public_key, mesh, pid } = value;
  if (typeof address !== 'string' || typeof public_key !== 'string') return undefined;
  if (typeof mesh !== 'string' || typeof pid !== 'number' || !runs(pid)) return undefined;
  return { address, public_key, mesh, pid };
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Places in the order in which they are tried. One that was named is the only one.
 *
 * @throws BitError `usage` for an address that is none
 */
export function controllerPlaces(reader: PlaceReader, flag: string | undefined): ControllerPlace[] {
  const named = flag ?? (reader.env['BIT_MESH'] || undefined);
  if (named !== undefined) {
    const from = flag === undefined ? 'environment' : 'flag';
    return [{ address: checkAddress(named), publicKey: undefined, from }];
  }
  const here = controllerHere(reader.stateDirectory);
  const root = reader.repository?.root;
  const seeds = root === undefined ? [] : readMeshConfig(root).config.discovery.seeds;
  return [
    ...(here === undefined
      ? []
      : [{ address: here.address, publicKey: here.public_key, from: 'repository' as const }]),
    ...seeds.map((address) => ({ address, publicKey: undefined, from: 'seed' as const })),
  ];
}

function checkAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === 'wss:' || url.protocol === 'ws:')) return text;
  throw new BitError('usage', `${printable(text)} is no address of a controller`, {
    hint: 'such as wss://host:7443',
  });
}

/** Nobody answered. `tried` is a sentence a place. */
export function noController(tried: readonly string[]): BitError {
  const told = tried.length === 0 ? '' : `: ${tried.join('; ')}`;
  return new BitError('remote', `no mesh controller was found${told}`, {
    hint: 'start one with: bit mesh serve; or name one: --controller wss://HOST:7443, BIT_MESH, or a seed in .bit/mesh/config.yml',
    details: { tried },
  });
}

/** Addresses of this very machine need no TLS. */
export function isLoopback(address: string): boolean {
  const host = URL.canParse(address) ? new URL(address).hostname : '';
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
