import { serveFilter } from '../../src/assets/index.ts';
import type { Context } from '../../src/cli/context.ts';
import type { Io } from '../../src/cli/io.ts';
import { Plumbing } from '../../src/cli/plumbing.ts';
import { assetPlaceOf } from '../../src/repository/index.ts';

export default class TrackFilter extends Plumbing {
  static override summary = 'Turn large files into pointers and back; git calls it as filter.lfs.process.';
  static override examples = ['git config filter.lfs.process "<%= config.bin %> track filter"'];

  protected override async serve({ reader }: Context, io: Io): Promise<void> {
    const place = await assetPlaceOf(reader);
    await serveFilter({ input: io.stdin, output: io.stdout, place, notice: reader.notice });
  }
}
