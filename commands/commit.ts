import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { repeated } from '../src/cli/flags.ts';
import { count } from '../src/cli/page.ts';
import { type CommitResult, commit } from '../src/repository/index.ts';

export default class Commit extends action({ action: 'repo.commit', event: 'COMMIT' })<CommitResult> {
  static override summary = 'Commit what is staged, or just the paths given.';
  static override description =
    `With --auto-validate nothing is committed unless the policy allows it, no secret is among the lines that are
staged, and the project's own formatter (biome, prettier, gofmt or rustfmt) would leave the staged files alone.`;
  static override examples = [
    '<%= config.bin %> commit -m "fix the parser"',
    `<%= config.bin %> commit --stage 'src/**' --auto-validate -m "fix the parser"`,
    '<%= config.bin %> commit README.md -m "say how to install"',
    '<%= config.bin %> commit -am "fix the parser"',
    '<%= config.bin %> commit --amend --sign',
  ];
  static override strict = false;
  static override args = { paths: Args.string({ description: 'Commit just these files, as they are now.' }) };
  static override flags = {
    message: Flags.string({
      char: 'm',
      multiple: true,
      multipleNonGreedy: true,
      description: 'The message; each further one is a paragraph. Without it, your editor on a terminal.',
    }),
    file: Flags.string({ char: 'F', description: 'Read the message from a file; - is standard input.' }),
    stage: repeated('Stage what matches first; a pathspec of git.', 'GLOB'),
    all: Flags.boolean({ char: 'a', description: 'Stage what changed of the files git tracks first.' }),
    amend: Flags.boolean({ description: 'Replace the last commit.' }),
    sign: Flags.boolean({ char: 'S', description: 'Sign the commit with your git signing key.' }),
    'auto-validate': Flags.boolean({
      description: 'Check what is staged first; commit nothing if a check fails.',
    }),
  };

  protected override effect(reader: Reader, { flags, rest }: Input<typeof Commit>) {
    return commit(reader, {
      paths: rest,
      messages: flags.message ?? [],
      messageFile: flags.file,
      stage: flags.stage ?? [],
      all: flags.all,
      amend: flags.amend,
      sign: flags.sign,
      autoValidate: flags['auto-validate'],
    });
  }

  protected override render(
    { branch, commit: oid, subject, changes, checks }: CommitResult,
    page: Page,
  ): void {
    for (const { check, outcome, note } of checks) {
      page.line(page.style.dim(`${check}: ${outcome}${note === undefined ? '' : ` (${page.safe(note)})`}`));
    }
    const where = page.style.green(page.safe(branch ?? 'detached HEAD'));
    page.line(`${where} ${page.style.yellow(oid.slice(0, 10))} ${page.safe(subject)}`);
    page.line(page.style.dim(`${count(changes.length, 'file')} changed`));
  }
}
