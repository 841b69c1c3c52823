import { type Page, Query, type Reader } from '../../src/api/index.ts';
import { pluginHost } from '../../src/cli/plugin-host.ts';
import { installedPlugins, type ListenerState, listListeners } from '../../src/plugins/index.ts';

interface ListenerListing {
  readonly listeners: readonly ListenerState[];
}

export default class ListenerList extends Query<ListenerListing> {
  static override summary = 'List what can listen to your actions, and what does.';
  static override examples = [
    '<%= config.bin %> listener list',
    "<%= config.bin %> listener list --jq '.listeners[] | select(.on) | .name'",
  ];

  protected override async execute(reader: Reader) {
    return listListeners(reader, installedPlugins(reader, pluginHost()));
  }

  protected override render(out: ListenerListing, page: Page): void {
    page.table(
      out.listeners.map(({ name, on, plugin, description }) => [
        on ? page.style.green('on ') : 'off',
        page.safe(name),
        page.safe(plugin),
        page.safe(description),
      ]),
    );
  }
}
