import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type MintedToken, readToken, renderMinted, rotateToken } from '../../src/token/index.ts';

export default class TokenRotate extends action({
  action: 'token.rotate',
  event: 'TOKEN_ROTATE',
})<MintedToken> {
  static override summary = 'Replace a token by a new one of the same claims, and revoke it.';
  static override examples = [
    '<%= config.bin %> token rotate ci.token',
    '<%= config.bin %> token rotate - < ci.token',
  ];
  static override args = {
    token: Args.string({
      ignoreStdin: true,
      description: 'The token, a file with it or -; BITHUB_TOKEN by default.',
    }),
  };

  protected override async effect(reader: Reader, { args }: Input<typeof TokenRotate>) {
    return rotateToken(reader, await readToken(reader, args.token));
  }

  protected override render(out: MintedToken, page: Page): void {
    renderMinted(out, page);
  }
}
