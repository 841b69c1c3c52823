import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import { type TrackedAssets, trackAssets } from '../../src/repository/index.ts';

export default class TrackAssets extends action({ action: 'repo.track', event: 'TRACK' })<TrackedAssets> {
  static override summary = 'Keep large files out of git, as git-lfs pointers.';
  static override description =
    'Adds the patterns to .gitattributes and turns the files git tracks already into pointers in the index; the bytes go to the content store and where git-lfs looks. Files of the work tree stay as they are.';
  static override examples = [
    "<%= config.bin %> track assets '*.psd' 'media/**'",
    "<%= config.bin %> track assets '*.bin' --dry-run",
  ];
  static override strict = false;
  static override args = {
    glob: Args.string({ required: true, description: 'Pattern as in .gitattributes; quote it.' }),
  };

  protected override effect(reader: Reader, { rest }: Input<typeof TrackAssets>) {
    return trackAssets(reader, rest);
  }

  protected override render(out: TrackedAssets, page: Page): void {
    for (const pattern of out.patterns) page.line(`tracking ${page.safe(pattern)}`);
    for (const pattern of out.known) page.line(page.style.dim(`tracked already: ${page.safe(pattern)}`));
    for (const file of out.files)
      page.line(`  ${file.oid.slice(0, 10)}  ${file.size} bytes  ${page.safe(file.path)}`);
    page.line(`${count(out.files.length, 'file')} became pointers; commit them to keep it so.`);
    if (out.filter === 'git-lfs') page.line('Their bytes reach a remote with: git lfs push --all <remote>');
  }
}
