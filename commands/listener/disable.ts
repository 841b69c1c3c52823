import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { pluginHost } from '../../src/cli/plugin-host.ts';
import { installedPlugins, type SwitchedListener, switchListener } from '../../src/plugins/index.ts';

export default class ListenerDisable extends action({
  action: 'listener.set',
  event: 'LISTENER_SET',
})<SwitchedListener> {
  static override summary = 'Switch a listener off.';
  static override examples = [
    '<%= config.bin %> listener disable magic.lol',
    '<%= config.bin %> listener disable creative.enjoyments --dry-run',
  ];
  static override args = { name: Args.string({ required: true, description: 'Name of the listener.' }) };

  protected override async effect(reader: Reader, { args }: Input<typeof ListenerDisable>) {
    return switchListener(reader, installedPlugins(reader, pluginHost()), { name: args.name, on: false });
  }

  protected override render(out: SwitchedListener, page: Page): void {
    page.line(`${out.name} is ${out.on ? 'on' : 'off'}`);
  }
}
