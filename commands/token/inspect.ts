import { Args } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import {
  inspectToken,
  readToken,
  renderInspection,
  type TokenInspection,
  verificationHere,
} from '../../src/token/index.ts';

export default class TokenInspect extends Query<TokenInspection> {
  static override summary = 'Show what a token says, and whether it would be taken here.';
  static override examples = [
    '<%= config.bin %> token inspect ci.token',
    '<%= config.bin %> token inspect - --json',
  ];
  static override args = {
    token: Args.string({
      ignoreStdin: true,
      description: 'The token, a file with it or -; BITHUB_TOKEN by default.',
    }),
  };

  protected override async execute(
    reader: Reader,
    { args }: Input<typeof TokenInspect>,
  ): Promise<TokenInspection> {
    return inspectToken(await readToken(reader, args.token), await verificationHere(reader));
  }

  protected override render(out: TokenInspection, page: Page): void {
    renderInspection(out, page);
  }
}
