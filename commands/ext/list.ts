import { type Page, Query, type Reader } from '../../src/api/index.ts';
import { pluginHost } from '../../src/cli/plugin-host.ts';
import { type ListedPlugin, listPlugins } from '../../src/plugins/index.ts';

interface PluginListing {
  readonly plugins: readonly ListedPlugin[];
}

export default class ExtList extends Query<PluginListing> {
  static override summary = 'List plugins, what they may do and what they bring.';
  static override examples = [
    '<%= config.bin %> ext list',
    "<%= config.bin %> ext list --jq '.plugins[] | select(.trusted) | .name'",
  ];

  protected override async execute(reader: Reader) {
    return listPlugins(reader, pluginHost());
  }

  protected override render(out: PluginListing, page: Page): void {
    for (const plugin of out.plugins) {
      const trust = plugin.bundled ? 'bundled' : plugin.trusted ? page.style.yellow('trusted') : 'sandboxed';
      const how = plugin.live ? `${trust}, loaded` : trust;
      page.line(
        `${page.style.bold(page.safe(plugin.name))} ${plugin.version}  ${how}  ${page.safe(plugin.source)}`,
      );
      if (plugin.provenance !== null)
        page.line(
          `  built from: ${plugin.provenance.repository} at ${plugin.provenance.commit.slice(0, 12)}`,
        );
      if (plugin.capabilities.length > 0) page.line(`  may: ${plugin.capabilities.join(', ')}`);
      if (plugin.commands.length > 0)
        page.line(`  commands: ${plugin.commands.map((id) => id.replaceAll(':', ' ')).join(', ')}`);
      if (plugin.listeners.length > 0) page.line(`  listeners: ${plugin.listeners.join(', ')}`);
      for (const [point, names] of Object.entries(plugin.provides))
        if (names.length > 0) page.line(`  ${point}: ${names.join(', ')}`);
      if (plugin.shadowed.length > 0)
        page.line(page.style.red(`  can't be reached, bit has its own: ${plugin.shadowed.join(', ')}`));
    }
  }
}
