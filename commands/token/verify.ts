import { Args, Flags } from '@oclif/core';
import { type Input, type Page, Query, type Reader } from '../../src/api/index.ts';
import { readToken, type TokenVerdict, verdictOn } from '../../src/token/index.ts';

export default class TokenVerify extends Query<TokenVerdict> {
  static override summary = 'Verify a token offline; exits 5 where it is refused.';
  static override examples = [
    '<%= config.bin %> token verify ci.token',
    '<%= config.bin %> token verify - --audience github --cap registry:push',
  ];
  static override args = {
    token: Args.string({
      ignoreStdin: true,
      description: 'The token, a file with it or -; BITHUB_TOKEN by default.',
    }),
  };
  static override flags = {
    audience: Flags.string({ description: 'Who is asked to take it.' }),
    cap: Flags.string({ multiple: true, description: 'What it must carry.' }),
  };

  protected override async execute(
    reader: Reader,
    { args, flags }: Input<typeof TokenVerify>,
  ): Promise<TokenVerdict> {
    const token = await readToken(reader, args.token);
    return verdictOn(reader, { token, audience: flags.audience, capabilities: flags.cap ?? [] });
  }

  protected override render(out: TokenVerdict, page: Page): void {
    page.line(`good: ${page.safe(out.subject)} until ${out.expires}`);
    page.line(page.style.dim(page.safe(out.capabilities.join(' '))));
  }
}
