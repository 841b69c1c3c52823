/** A plugin with drivers for storage, and what `bit` makes of it. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type BitError, isBitError } from '../../src/kernel/errors.ts';
import { pluginStorage, type StorageLimits } from '../../src/plugins/index.ts';
import { Storage } from '../../src/storage/index.ts';
import type { World } from '../world.ts';
import { packPlugin, withExtensions } from './fixture.ts';

export async function install(
  place: World,
  {
    name = '@acme/shelf',
    module,
    capabilities = [],
  }: { name?: string; module: string; capabilities?: string[] },
  ...words: string[]
): Promise<{ readonly code: number; readonly stderr: string }> {
  const directory = packPlugin(
    join(place.root, name.replace(/\W/g, '')),
    { name, bit: { api: 3, storage: 'storage.js', capabilities } },
    { 'storage.js': module },
  );
  return place.bit('ext', 'install', directory, '--yes', ...words);
}

export async function withStorage(
  place: World,
  work: (storage: Storage) => Promise<void>,
  limits: StorageLimits = {},
): Promise<void> {
  await withExtensions(place, async (reader) => {
    const storage = new Storage({ others: await pluginStorage(reader, limits) });
    try {
      await work(storage);
    } finally {
      await storage.close();
    }
  });
}

export async function refused(run: () => Promise<unknown>): Promise<BitError> {
  try {
    await run();
  } catch (error) {
    assert.ok(isBitError(error), `a BitError, not ${String(error)}`);
    return error;
  }
  throw new Error('it was not refused');
}
