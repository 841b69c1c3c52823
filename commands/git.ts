import { action, type Input, type Page, type Reader } from '../src/api/index.ts';
import { type PassedGit, passGit } from '../src/passthrough/index.ts';

export default class Git extends action({ action: 'git', event: 'GIT' })<PassedGit> {
  static override summary =
    'Run any git command: gated as git.<verb>, recorded and undoable where it changes something.';
  static override description =
    `Everything after git is git's own; flags of bit go before it: bit --dry-run git rebase main.
A git verb bit has no command for works without the word: bit stash, bit rebase, bit add. Aliases of git are resolved, so
that policies see the verb that runs; those that run a shell are refused.`;
  static override examples = [
    '<%= config.bin %> git rebase --onto main topic~3 topic',
    '<%= config.bin %> stash',
    '<%= config.bin %> --dry-run git push origin main',
  ];
  static override strict = false;
  static override readonly passthrough = true;

  protected override effect(reader: Reader, { rest }: Input<typeof Git>) {
    return passGit(reader, rest);
  }

  protected override exitCode({ exit }: PassedGit): number {
    return exit === 129 ? 0 : exit;
  }

  protected override render({ stdout, stderr }: PassedGit, page: Page): void {
    if (stdout !== '') page.raw(stdout);
    for (const line of stderr.split('\n')) if (line !== '') page.line(page.safe(line));
  }
}
