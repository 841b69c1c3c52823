import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type UnloadedPlugin, unloadPlugin } from '../../src/plugins/index.ts';

export default class ExtUnload extends action({ action: 'ext.unload', event: 'EXT_UNLOAD' })<UnloadedPlugin> {
  static override summary = 'Use a plugin that was loaded for its development no longer.';
  static override examples = [
    '<%= config.bin %> ext unload my-plugin',
    '<%= config.bin %> ext unload ./release.bit --dry-run',
  ];
  static override args = {
    name: Args.string({ required: true, description: 'Name of the plugin, or the path it was loaded from.' }),
  };

  protected override async effect(reader: Reader, { args }: Input<typeof ExtUnload>) {
    return unloadPlugin(reader, args.name);
  }

  protected override render(out: UnloadedPlugin, page: Page): void {
    page.line(`Unloaded ${page.safe(out.name)}`);
  }
}
