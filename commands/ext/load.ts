import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { pluginHost } from '../../src/cli/plugin-host.ts';
import { type LoadedPlugin, loadPlugin } from '../../src/plugins/index.ts';

export default class ExtLoad extends action({ action: 'ext.load', event: 'EXT_LOAD' })<LoadedPlugin> {
  static override summary = 'Use a plugin or a macro from where it lies, while you write it.';
  static override description =
    'Nothing is copied: what changes in the folder counts at the next use, and is told of while this runs. Ctrl-C, or ' +
    'bit ext unload from elsewhere, takes it away; with --keep it stays until it is unloaded. Its code runs in the ' +
    'sandbox with what it was granted here: one that comes to ask for more stays as it was until it is loaded again.';
  static override examples = [
    '<%= config.bin %> ext load ./my-plugin --keep',
    '<%= config.bin %> ext load ./release.bit',
    '<%= config.bin %> ext load . --trust',
  ];
  static override args = {
    path: Args.string({ required: true, description: 'Folder of the plugin, or a .bit macro.' }),
  };
  static override flags = {
    keep: Flags.boolean({ description: 'Return at once; it stays until bit ext unload.' }),
    trust: Flags.boolean({ description: 'Let its code run inside bit, where it may do whatever you may.' }),
  };

  protected override async effect(reader: Reader, { args, flags }: Input<typeof ExtLoad>) {
    const { keep, trust } = flags;
    return loadPlugin(reader, { path: args.path, keep, trust, ...pluginHost() });
  }

  protected override render(out: LoadedPlugin, page: Page): void {
    if (out.unloaded) {
      page.line(`Unloaded ${page.safe(out.name)}`);
      return;
    }
    page.line(`Loaded ${page.safe(out.name)} ${out.version} from ${page.safe(out.path)}`);
    for (const id of out.commands) page.line(`bit ${id.replaceAll(':', ' ')}`);
    for (const [point, names] of Object.entries(out.provides)) page.line(`${point}: ${names.join(', ')}`);
  }
}
