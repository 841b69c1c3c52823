import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type PluginTrust, trustPlugin } from '../../src/plugins/index.ts';

export default class ExtDistrust extends action({
  action: 'ext.distrust',
  event: 'EXT_DISTRUST',
})<PluginTrust> {
  static override summary = "Run a plugin's code in a process of its own again.";
  static override examples = [
    '<%= config.bin %> ext distrust my-plugin',
    '<%= config.bin %> ext distrust my-plugin --dry-run',
  ];
  static override args = { name: Args.string({ required: true, description: 'Name of the plugin.' }) };

  protected override async effect(reader: Reader, { args }: Input<typeof ExtDistrust>) {
    return trustPlugin(reader, { name: args.name, trust: false });
  }

  protected override render(out: PluginTrust, page: Page): void {
    page.line(`${out.name} is not trusted: its code runs in a sandbox`);
  }
}
