import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import { type VendorResult, vendorActions } from '../../src/github-workflow/index.ts';

export default class WorkflowVendor extends action({
  action: 'workflow.vendor',
  event: 'WORKFLOW_VENDOR',
})<VendorResult> {
  static override summary = 'Fetch the actions that workflows use, each at one commit.';
  static override description =
    `They go into .bithub/actions; actions.lock.json there names the commit and the digest of each, and both hold from then on.
actions/checkout, cache, upload-artifact, download-artifact and setup-node are done by bit itself.`;
  static override examples = [
    '<%= config.bin %> workflow vendor',
    '<%= config.bin %> workflow vendor octo/greet@v1',
    '<%= config.bin %> workflow vendor octo/greet@v1 --update --dry-run',
  ];
  static override args = {
    action: Args.string({ description: 'Actions, owner/repo@ref; default all in use.', ignoreStdin: true }),
  };
  static override strict = false;
  static override flags = {
    from: Flags.string({
      description: 'Server of the repositories.',
      helpValue: 'URL',
      default: 'https://github.com',
    }),
    update: Flags.boolean({ description: 'Take the commit the ref stands for now.' }),
  };

  protected override effect(reader: Reader, { rest, flags }: Input<typeof WorkflowVendor>) {
    return vendorActions(reader, { actions: rest, from: flags.from, update: flags.update });
  }

  protected override render({ vendored, kept, further }: VendorResult, page: Page): void {
    page.table(
      vendored.map(({ action: name, commit, files }) => [
        page.safe(name),
        commit.slice(0, 12),
        count(files, 'file'),
      ]),
    );
    if (further.length > 0) page.line(`used besides and not here yet: ${page.safe(further.join(' '))}`);
    if (kept.length > 0) page.line(`${count(kept.length, 'action')} kept as it is`);
  }
}
