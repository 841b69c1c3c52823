import { Args } from '@oclif/core';
import {
  type ContextAdvice,
  type FailureAdvice,
  lastFailure,
  readContext,
  renderContext,
  renderFailure,
} from '../../src/advice/index.ts';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';

type Out = ContextAdvice | FailureAdvice;

export default class Help extends Query<Out> {
  static override summary = 'Show help on a command, on here and now, or on the last failure.';
  static override description =
    `context: what can be done here and now and what is missing, each with its command. auto: the last command that
failed and what to try.`;
  static override examples = [
    '<%= config.bin %> help context',
    '<%= config.bin %> help auto',
    '<%= config.bin %> help commit',
  ];
  static override args = {
    topic: Args.string({
      description: 'A command, context or auto.',
      options: ['context', 'auto'],
      default: 'context',
    }),
  };
  static override paged = true;

  protected override async execute(reader: Reader, { args }: Input<typeof Help>): Promise<Out> {
    return args.topic === 'auto' ? lastFailure(reader) : readContext(reader);
  }

  protected override render(out: Out, page: Page): void {
    if ('failure' in out) renderFailure(out, page);
    else renderContext(out, page);
  }
}
