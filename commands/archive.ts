import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { count } from '../src/cli/page.ts';
import { type ArchiveResult, archiveRepository } from '../src/repository/index.ts';

export default class Archive extends action({ action: 'repo.archive', event: 'ARCHIVE' })<ArchiveResult> {
  static override summary = 'Write a commit, a range, or everything into one archive.';
  static override description =
    'The ending of OUTPUT says the kind: .bundle holds commits, .tar.gz and .zip hold files (of a range: those it changed). full holds every ref, the ledger and the stored assets, with a signed manifest of digests; bit restore checks it.';
  static override examples = [
    '<%= config.bin %> archive release.tar.gz',
    '<%= config.bin %> archive v1.0..main changes.bundle',
    '<%= config.bin %> archive full backup.tar.gz',
  ];
  static override args = {
    what: Args.string({ required: true, description: 'full, a revision, or a range A..B; left out: HEAD.' }),
    output: Args.string({ description: 'File to write.' }),
  };
  static override flags = {
    force: Flags.boolean({ char: 'f', description: 'Overwrite an archive that exists.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Archive>) {
    const [what, output] = args.output === undefined ? ['HEAD', args.what] : [args.what, args.output];
    return archiveRepository(reader, { what, output, force: flags.force });
  }

  protected override render(out: ArchiveResult, page: Page): void {
    for (const file of out.files)
      page.line(`${page.safe(file.path)}  ${file.size} bytes  sha256:${file.sha256}`);
    if (!out.full) return;
    page.line(
      `${count(out.refs, 'ref')}, ${count(out.entries, 'ledger entry', 'ledger entries')}, ${count(out.assets, 'asset')}`,
    );
    if (out.signer !== null) page.line(`signed by ${out.signer}`);
  }
}
