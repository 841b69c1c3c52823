import { Args } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type RevokedToken, revokeToken } from '../../src/token/index.ts';

export default class TokenRevoke extends action({
  action: 'token.revoke',
  event: 'TOKEN_REVOKE',
})<RevokedToken> {
  static override summary = 'Refuse a token, and all made of it, from now on.';
  static override description =
    'The revocation is a ledger entry and holds wherever this ledger goes. Who can’t reach the ledger goes on until the token ends.';
  static override examples = [
    '<%= config.bin %> token revoke 01k2c9z8w4c5v6b7n8m9q0r1s2',
    '<%= config.bin %> token revoke "$(cat ci.token)"',
  ];
  static override args = {
    token: Args.string({ required: true, ignoreStdin: true, description: 'Its id (jti), or the token.' }),
  };

  protected override async effect(reader: Reader, { args }: Input<typeof TokenRevoke>) {
    return revokeToken(reader, args.token);
  }

  protected override render(out: RevokedToken, page: Page): void {
    page.line(out.revoked ? `revoked ${out.jti}` : `${out.jti} was revoked before`);
  }
}
