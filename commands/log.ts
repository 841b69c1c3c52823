import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../src/api/index.ts';
import { repositoryPath } from '../src/repository/index.ts';
import { readTimeline, renderTimeline, type Timeline } from '../src/timeline/index.ts';

export default class Log extends Query<Timeline> {
  static override summary = 'Show git history and the ledger on one time line.';
  static override description =
    `compact (the default) is a line an item, full adds who, the rules that allowed it and what can't be undone. audit
verifies every ledger entry and marks commits the ledger does not know; a fault is named and exits 7.
repo (the default) is this repository, global adds your own ledger, bot and workflow are the ledger's entries of those
actions. Other words are revisions to start from.`;
  static override examples = [
    '<%= config.bin %> log',
    '<%= config.bin %> log audit -n 200',
    '<%= config.bin %> log full main --since "2 weeks ago" --path src',
  ];
  static override strict = false;
  static override args = {
    mode: Args.string({
      description: 'audit, full, compact, repo, global, bot or workflow; may be left out.',
    }),
    from: Args.string({ description: 'Revision to start from; default HEAD.' }),
  };
  static override flags = {
    since: Flags.string({ description: 'Not older than this.', helpValue: 'TIME' }),
    until: Flags.string({ description: 'Not newer than this.', helpValue: 'TIME' }),
    actor: Flags.string({ description: 'By this name, e-mail address or key.' }),
    event: Flags.string({
      description: 'Only ledger entries of this event; may be repeated.',
      multiple: true,
    }),
    path: Flags.string({ description: 'Only what touched this path; may be repeated.', multiple: true }),
    number: Flags.integer({ char: 'n', description: 'Most items; 0 for all.', default: 50, min: 0 }),
  };
  static override paged = true;

  protected override execute(reader: Reader, { flags, rest }: Input<typeof Log>): Promise<Timeline> {
    return readTimeline(reader, {
      words: rest,
      since: flags.since,
      until: flags.until,
      actor: flags.actor,
      events: flags.event ?? [],
      paths: (flags.path ?? []).map((path) => repositoryPath(reader, path)),
      limit: flags.number,
    });
  }

  protected override render(out: Timeline, page: Page): void {
    renderTimeline(out, page);
  }

  protected override exitCode(out: Timeline): number {
    return out.verified?.ok === false ? 7 : 0;
  }
}
