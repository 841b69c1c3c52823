import { serveFilter } from '../assets/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { assetPlaceOf } from './track-assets.ts';

/**
 * Speaks git's filter protocol over this run's own streams, for as long as git has files to turn. It is part of the
 * operation git runs in, which is gated and recorded; what it stores are objects by digest, as git's own are: nothing
 * points to them before that operation does.
 *
 * @throws BitError `usage` where the output is asked for as JSON
 */
export async function filterAssets(reader: Reader): Promise<Record<never, never>> {
  const { input, output, free } = reader.streams;
  if (!free) throw new BitError('usage', 'this speaks with git, and has no result to print as JSON');
  const place = await assetPlaceOf(reader);
  await serveFilter({ input, output, place, notice: reader.notice });
  return {};
}
