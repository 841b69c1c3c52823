import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import {
  attenuateToken,
  type MintedToken,
  parseLife,
  readToken,
  renderMinted,
} from '../../src/token/index.ts';

export default class TokenAttenuate extends action({
  action: 'token.attenuate',
  event: 'TOKEN_ATTENUATE',
})<MintedToken> {
  static override summary = 'Make a narrower token of one you hold.';
  static override description =
    'Needs no issuer and no network: the new token carries the wider one inside and can do nothing that one can’t.';
  static override examples = [
    '<%= config.bin %> token attenuate planner.token --cap orchestrate:plan --life 10m',
    '<%= config.bin %> token attenuate - --cap repo:commit --output bot.token < wide.token',
  ];
  static override args = {
    token: Args.string({
      ignoreStdin: true,
      description: 'The token, a file with it or -; BITHUB_TOKEN by default.',
    }),
  };
  static override flags = {
    cap: Flags.string({ required: true, multiple: true, description: 'What the narrower one carries.' }),
    audience: Flags.string({ multiple: true, description: 'Fewer who may take it.' }),
    life: Flags.string({ description: 'How long it lives, at most as long as the wider one.' }),
    holder: Flags.string({ description: 'Public key whose holder may narrow it further.', helpValue: 'KEY' }),
    output: Flags.string({ char: 'o', description: 'Write it to FILE (0600) instead.', helpValue: 'FILE' }),
  };

  protected override async effect(reader: Reader, { args, flags }: Input<typeof TokenAttenuate>) {
    const { cap, audience = [], holder, output, life } = flags;
    return attenuateToken(reader, {
      token: await readToken(reader, args.token),
      capabilities: cap,
      audience,
      seconds: life === undefined ? undefined : parseLife(life),
      holder,
      output,
    });
  }

  protected override render(out: MintedToken, page: Page): void {
    renderMinted(out, page);
  }
}
