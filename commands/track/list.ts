import { type Page, Query, type Reader } from '../../src/api/index.ts';
import { type AssetListing, listTrackedAssets } from '../../src/repository/index.ts';

export default class TrackList extends Query<AssetListing> {
  static override summary = 'List what is tracked as assets.';
  static override examples = ['<%= config.bin %> track', '<%= config.bin %> track list --json'];
  static override paged = true;

  protected override execute(reader: Reader): Promise<AssetListing> {
    return listTrackedAssets(reader);
  }

  protected override render({ patterns, files }: AssetListing, page: Page): void {
    if (patterns.length === 0 && files.length === 0)
      page.line("Nothing is tracked as assets. Begin with: bit track assets '*.psd'");
    for (const pattern of patterns) page.line(page.style.bold(page.safe(pattern)));
    page.table(
      files.map((file) => [
        file.here ? page.style.green('here') : page.style.yellow('away'),
        file.oid.slice(0, 10),
        `${file.size}`,
        page.safe(file.path),
      ]),
    );
  }
}
