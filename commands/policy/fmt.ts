import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type FormatResult, formatPolicies } from '../../src/guard/index.ts';

export default class PolicyFmt extends action({
  action: 'policy.fmt',
  event: 'POLICY_FMT',
})<FormatResult> {
  static override summary = 'Lay the policies of the tree out anew.';
  static override description =
    `Tabs by bracket, one space around operators, at most one blank line; line breaks and comments stay where they are.
A file is written only where it says the same afterwards. bit policy check --layout tells without writing.`;
  static override examples = ['<%= config.bin %> policy fmt', '<%= config.bin %> policy fmt --dry-run'];

  protected override effect(reader: Reader, _input: Input<typeof PolicyFmt>) {
    return formatPolicies(reader);
  }

  protected override render(out: FormatResult, page: Page): void {
    for (const path of out.changed) page.line(page.safe(path));
    const count = out.changed.length === 0 ? 'none' : `${out.changed.length} of ${out.files}`;
    page.line(page.style.dim(`${count} laid out anew`));
  }
}
