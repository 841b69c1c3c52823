import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { count } from '../src/cli/page.ts';
import { type RestoreResult, restore } from '../src/repository/index.ts';

export default class Restore extends action({ action: 'repo.restore', event: 'RESTORE' })<RestoreResult> {
  static override summary = 'Bring back files of a commit, or an archive.';
  static override description =
    'An archive is compared with its signed manifest first. Into this repository its refs come back under their own names where that loses nothing, else under refs/restored/<date>/; --into makes a new clone. Uncommitted work is never overwritten unless --force, which stashes it first.';
  static override examples = [
    '<%= config.bin %> restore HEAD~3 src/main.ts',
    '<%= config.bin %> restore backup.tar.gz',
    '<%= config.bin %> restore backup.tar.gz --into ../again',
  ];
  static override strict = false;
  static override args = {
    source: Args.string({ required: true, description: 'An archive (.bundle, .tar.gz, .zip), or a commit.' }),
    paths: Args.string({ description: 'Files or folders of the commit; default: all of it.' }),
  };
  static override flags = {
    into: Flags.string({ description: 'Make a new clone of the archive in DIR.', helpValue: 'DIR' }),
    force: Flags.boolean({ char: 'f', description: 'Stash uncommitted work that is in the way.' }),
  };

  protected override effect(reader: Reader, { args, flags, rest }: Input<typeof Restore>) {
    return restore(reader, {
      source: args.source,
      paths: rest.slice(1),
      into: flags.into,
      force: flags.force,
    });
  }

  protected override render(out: RestoreResult, page: Page): void {
    if (out.stash !== null)
      page.line(`Stashed what was in the way as ${out.stash.slice(0, 10)}; take it back with: git stash pop`);
    if (out.files.length > 0) page.line(`Restored ${count(out.files.length, 'file')}.`);
    const changed = out.refs.filter((ref) => ref.how !== 'unchanged');
    if (out.directory === null)
      page.table(changed.map((ref) => [ref.how.replace('-', ' '), ref.oid.slice(0, 10), page.safe(ref.to)]));
    else page.line(`Restored ${count(out.refs.length, 'ref')} into ${page.safe(out.directory)}`);
    if (out.refs.length > 0 && out.directory === null && changed.length === 0)
      page.line('Every ref is as the archive has it.');
    if (out.assets > 0) page.line(`${count(out.assets, 'asset')} put back.`);
    if (out.ledger !== null) page.line(`The archive's ledger is kept in ${page.safe(out.ledger)}`);
  }
}
