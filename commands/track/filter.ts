import { Query, type Reader } from '../../src/api/index.ts';
import { filterAssets } from '../../src/repository/index.ts';

export default class TrackFilter extends Query<Record<never, never>> {
  static override hidden = true;
  static override summary = 'Turn large files into pointers and back; git calls it as filter.lfs.process.';
  static override examples = [
    'git config filter.lfs.process "<%= config.bin %> track filter"',
    'git -c filter.lfs.process="<%= config.bin %> track filter" checkout main',
  ];

  protected override execute(reader: Reader) {
    return filterAssets(reader);
  }

  protected override render(): void {}
}
