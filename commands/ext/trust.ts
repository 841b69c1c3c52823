import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type PluginTrust, trustPlugin } from '../../src/plugins/index.ts';

export default class ExtTrust extends action({ action: 'ext.trust', event: 'EXT_TRUST' })<PluginTrust> {
  static override summary = "Let a plugin's code run inside bit.";
  static override examples = [
    '<%= config.bin %> ext trust my-plugin',
    '<%= config.bin %> ext trust my-plugin --dry-run',
  ];
  static override args = { name: Args.string({ required: true, description: 'Name of the plugin.' }) };

  protected override async effect(reader: Reader, { args }: Input<typeof ExtTrust>) {
    return trustPlugin(reader, { name: args.name, trust: true });
  }

  protected override render(out: PluginTrust, page: Page): void {
    page.line(`${out.name} is trusted: its code runs inside bit`);
  }
}
