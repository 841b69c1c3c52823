import { Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type MintedToken, mintToken, parseLife, parsePolicy, renderMinted } from '../../src/token/index.ts';

export default class TokenMint extends action({ action: 'token.mint', event: 'TOKEN_MINT' })<MintedToken> {
  static override summary = 'Sign a token that carries some capabilities and no more.';
  static override description =
    'The token is printed once and kept nowhere; the ledger holds its claims. Under BITHUB_TOKEN an action needs the policy’s word and a capability that covers it: repo.commit needs repo:commit.';
  static override examples = [
    '<%= config.bin %> token mint --cap repo:commit --cap "workflow:*" --for ci --life 1h',
    '<%= config.bin %> token mint --cap "orchestrate:*" --for planner --holder ed25519:… --output planner.token',
  ];
  static override flags = {
    cap: Flags.string({ required: true, multiple: true, description: 'Capability, area:verb; * for any.' }),
    for: Flags.string({ required: true, description: 'Who or what it is for (sub).' }),
    audience: Flags.string({ multiple: true, default: ['bithub'], description: 'Who may take it (aud).' }),
    life: Flags.string({ default: '1h', description: 'How long it lives: 30m, 8h, 90d.' }),
    holder: Flags.string({ description: 'Public key whose holder may narrow it.', helpValue: 'KEY' }),
    pol: Flags.string({ multiple: true, description: 'name=value for policies to read.' }),
    output: Flags.string({ char: 'o', description: 'Write it to FILE (0600) instead.', helpValue: 'FILE' }),
  };

  protected override effect(reader: Reader, { flags }: Input<typeof TokenMint>) {
    const { cap, audience, holder, output } = flags;
    return mintToken(reader, {
      capabilities: cap,
      audience,
      subject: flags.for,
      policy: parsePolicy(flags.pol ?? []),
      seconds: parseLife(flags.life),
      holder,
      output,
    });
  }

  protected override render(out: MintedToken, page: Page): void {
    renderMinted(out, page);
  }
}
