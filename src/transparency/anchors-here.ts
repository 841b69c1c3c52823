import { type ConfiguredAnchor, configuredAnchors, namesPlugin } from '../anchor/index.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Reader } from '../operation/index.ts';

/** The anchors of `.bithub.yml`; plugins are looked at only where one of them is a plugin's. */
export async function anchorsHere(
  reader: Pick<Reader, 'settings' | 'extensions'>,
): Promise<readonly ConfiguredAnchor[]> {
  const { anchors } = reader.settings.ledger;
  const ofPlugins = Object.values(anchors).some((one) => isJsonObject(one) && namesPlugin(one['driver']));
  if (!ofPlugins) return configuredAnchors(anchors);
  const { pluginAnchors } = await import('../plugins/index.ts');
  return configuredAnchors(anchors, await pluginAnchors(reader));
}
