import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { type NamedSet, requireSet } from '../../src/guard/index.ts';

export default class PolicyShow extends Query<NamedSet> {
  static override summary = 'Print the policies: those in force, or another set.';
  static override examples = [
    '<%= config.bin %> policy show',
    '<%= config.bin %> policy show default > .bithub/policies/own.rego',
    '<%= config.bin %> policy show accepted --json',
  ];
  static override args = {
    set: Args.string({
      description: 'Which set; default what is in force.',
      options: ['default', 'accepted', 'tree'],
    }),
  };
  static override paged = true;

  protected override async execute(reader: Reader, { args }: Input<typeof PolicyShow>): Promise<NamedSet> {
    const { set } = args;
    return requireSet(reader, set === 'default' || set === 'accepted' || set === 'tree' ? set : 'force');
  }

  protected override render(out: NamedSet, page: Page): void {
    for (const { path, text } of out.sources) {
      if (out.sources.length > 1) page.line(page.style.bold(`# ${page.safe(path)}`));
      for (const line of text.replace(/\n$/, '').split('\n')) page.line(page.safe(line));
    }
  }
}
