import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { checkLanguage, type LanguageReport, renderLanguage } from '../../src/language/index.ts';

export default class CheckLanguage extends Query<LanguageReport> {
  static override summary = 'Look for denied words in logs and texts.';
  static override description =
    'By policy.profanity of .bithub.yml as accepted: its denylist less its allowlist. Without a path, the logs of the newest run. Exits 1 where one is found, with --warn only says so; what can not be read is a warning. --redact prints the text without them.';
  static override examples = [
    '<%= config.bin %> check language',
    '<%= config.bin %> check language docs README.md --allow hell',
    '<%= config.bin %> check language - --redact < build.log',
  ];
  static override strict = false;
  static override args = {
    path: Args.string({ description: 'Files and folders; - for standard input.', ignoreStdin: true }),
  };
  static override flags = {
    allow: Flags.string({ description: 'A word to let through; may be repeated.', multiple: true }),
    warn: Flags.boolean({ description: 'Only warn: exit 0 whatever is found.' }),
    redact: Flags.boolean({ description: 'Print the text, its denied words redacted.' }),
  };

  protected override execute(
    reader: Reader,
    { flags, rest }: Input<typeof CheckLanguage>,
  ): Promise<LanguageReport> {
    const { allow = [], warn, redact } = flags;
    return checkLanguage(reader, {
      paths: rest,
      allow: allow.flatMap((words) => words.split(',')),
      warn,
      redact,
    });
  }

  protected override render(out: LanguageReport, page: Page): void {
    renderLanguage(out, page);
  }

  protected override exitCode({ findings, warn, text }: LanguageReport): number {
    return findings.length > 0 && !warn && text === null ? 1 : 0;
  }
}
