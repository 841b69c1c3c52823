import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type UninstalledPlugin, uninstallPlugin } from '../../src/plugins/index.ts';

export default class ExtUninstall extends action({
  action: 'ext.uninstall',
  event: 'EXT_UNINSTALL',
})<UninstalledPlugin> {
  static override summary = 'Remove an installed plugin.';
  static override examples = [
    '<%= config.bin %> ext uninstall my-plugin',
    '<%= config.bin %> ext uninstall @acme/bit-plugin-deploy --dry-run',
  ];
  static override args = { name: Args.string({ required: true, description: 'Name of the plugin.' }) };

  protected override async effect(reader: Reader, { args }: Input<typeof ExtUninstall>) {
    return uninstallPlugin(reader, args.name);
  }

  protected override render(out: UninstalledPlugin, page: Page): void {
    page.line(`Uninstalled ${out.name} ${out.version}`);
  }
}
