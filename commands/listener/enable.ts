import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { pluginHost } from '../../src/cli/plugin-host.ts';
import { installedPlugins, type SwitchedListener, switchListener } from '../../src/plugins/index.ts';

export default class ListenerEnable extends action({
  action: 'listener.set',
  event: 'LISTENER_SET',
})<SwitchedListener> {
  static override summary = 'Switch a listener on, for you.';
  static override examples = [
    '<%= config.bin %> listener enable magic.lol',
    '<%= config.bin %> listener enable creative.enjoyments --dry-run',
  ];
  static override args = { name: Args.string({ required: true, description: 'Name of the listener.' }) };

  protected override async effect(reader: Reader, { args }: Input<typeof ListenerEnable>) {
    return switchListener(reader, installedPlugins(reader, pluginHost()), { name: args.name, on: true });
  }

  protected override render(out: SwitchedListener, page: Page): void {
    page.line(`${out.name} is ${out.on ? 'on' : 'off'}`);
  }
}
