import { type Page, Query, type Reader } from '../../src/api/index.ts';
import { renderRunner, type ShownRunner, showRunner } from '../../src/mesh/runner/index.ts';

export default class RunnerShow extends Query<ShownRunner> {
  static override summary =
    'Show this repository’s runner: what it offers, where it is connected, what it works on.';
  static override examples = ['<%= config.bin %> runner status', '<%= config.bin %> runner status --json'];

  protected override execute(reader: Reader) {
    return showRunner(reader);
  }

  protected override render(out: ShownRunner, page: Page): void {
    for (const line of renderRunner(out)) page.line(page.safe(line));
  }
}
