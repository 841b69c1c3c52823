import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type CloneResult, cloneInto } from '../src/repository/index.ts';

export default class Clone extends action({ action: 'repo.clone', event: 'CLONE' })<CloneResult> {
  static override summary = 'Clone a repository.';
  static override description =
    'REPO is a URL, a path, or owner/name on GitHub (GH_HOST names another host). The clone is made beside its folder and renamed once it is whole, so a clone that was killed never stands under the wanted name. With --signers the ledger it shares and the signers its tree names are held against FILE first; where they do not agree nothing is left, exit 7.';
  static override examples = [
    '<%= config.bin %> clone octocat/hello-world',
    '<%= config.bin %> clone https://example.org/team/app.git app --depth 1',
    '<%= config.bin %> clone ../app copy --branch release',
    '<%= config.bin %> clone https://example.org/team/app.git --signers team.signers',
  ];
  static override args = {
    repo: Args.string({ required: true, description: 'URL, path, or owner/name on GitHub.' }),
    dir: Args.string({ description: 'Folder to clone into; must not exist or be empty.' }),
  };
  static override flags = {
    depth: Flags.integer({ min: 1, description: 'Only the last N commits.', helpValue: 'N' }),
    branch: Flags.string({ char: 'b', description: 'Check out this branch or tag.' }),
    filter: Flags.string({
      description: 'Leave out objects until they are needed: blob:none, tree:0 …',
      helpValue: 'SPEC',
    }),
    mirror: Flags.boolean({ description: 'A bare copy of every ref.' }),
    signers: Flags.string({
      description: 'Believe the keys in FILE (OpenSSH allowed_signers) and no others.',
      exclusive: ['mirror'],
      helpValue: 'FILE',
    }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof Clone>) {
    const { depth, branch, filter, mirror, signers } = flags;
    return cloneInto(reader, {
      repo: args.repo,
      directory: args.dir,
      depth,
      branch,
      filter,
      mirror,
      signers,
    });
  }

  protected override render(out: CloneResult, page: Page): void {
    const at = out.branch === null ? '' : `, on ${page.safe(out.branch)}`;
    page.line(`Cloned ${page.safe(out.url)} into ${page.safe(out.directory)}${at}`);
    if (out.head !== null) return;
    page.line(
      out.refs === 0
        ? 'The repository is empty.'
        : 'Its HEAD names a branch that is not there, so nothing is checked out: bit branch list --all',
    );
  }
}
