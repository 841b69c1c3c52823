import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { githubFlags } from '../../src/cli/github-flags.ts';
import { type Commented, commentOnIssue, renderCommented } from '../../src/github/index.ts';

export default class IssueComment extends action({
  action: 'issue.comment',
  event: 'ISSUE_COMMENT',
})<Commented> {
  static override summary = 'Say something on an issue or a pull request.';
  static override description =
    'On GitHub, by the credential of `bit token github`. A text in which a secret stands is not said. With --once nothing is said where the same credential said something under that key before, so that who asks twice is heard once.';
  static override examples = [
    '<%= config.bin %> issue comment 7 --body "Fixed in 1.4.2."',
    '<%= config.bin %> issue comment 42 --body-file report.md --once nightly-report',
    'bit why src/main.ts | <%= config.bin %> issue comment 7 --body-file - --dry-run',
  ];
  static override args = {
    number: Args.string({
      description: 'Of the issue or the pull request.',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    body: Flags.string({ description: 'What to say, in Markdown.', helpValue: 'TEXT' }),
    'body-file': Flags.string({
      description: 'A file that holds it; - for standard input.',
      helpValue: 'FILE',
      exclusive: ['body'],
    }),
    once: Flags.string({ description: 'Say it once under this key.', helpValue: 'KEY' }),
    ...githubFlags,
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof IssueComment>) {
    const { body, 'body-file': bodyFile, once, repo, api } = flags;
    return commentOnIssue(reader, args.number, { body, bodyFile, once, repo, api });
  }

  protected override render(out: Commented, page: Page): void {
    renderCommented(out, page);
  }
}
