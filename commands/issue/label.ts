import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { githubFlags } from '../../src/cli/github-flags.ts';
import { type Labelled, labelIssue, renderLabelled } from '../../src/github/index.ts';

export default class IssueLabel extends action({
  action: 'issue.label',
  event: 'ISSUE_LABEL',
})<Labelled> {
  static override summary = 'Give an issue or a pull request labels, and take some.';
  static override description =
    'On GitHub, by the credential of `bit token github`. What it has or lacks already stays as it is; a label the repository does not know, GitHub makes.';
  static override examples = [
    '<%= config.bin %> issue label 7 --add bug --remove triage',
    '<%= config.bin %> issue label 42 --add "needs review" --dry-run',
  ];
  static override args = {
    number: Args.string({
      description: 'Of the issue or the pull request.',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    add: Flags.string({
      description: 'A label to give it; may be repeated.',
      multiple: true,
      helpValue: 'LABEL',
    }),
    remove: Flags.string({
      description: 'A label to take from it; may be repeated.',
      multiple: true,
      helpValue: 'LABEL',
    }),
    ...githubFlags,
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof IssueLabel>) {
    const { add = [], remove = [], repo, api } = flags;
    return labelIssue(reader, args.number, { add, remove, repo, api });
  }

  protected override render(out: Labelled, page: Page): void {
    renderLabelled(out, page);
  }
}
