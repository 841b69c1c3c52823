import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type SecretChange, setSecret } from '../../src/secrets/index.ts';

export default class SecretSet extends action({ action: 'secret.set', event: 'SECRET_SET' })<SecretChange> {
  static override summary = 'Keep a secret, to be referred to as secret:NAME.';
  static override description =
    'The value comes from standard input, or is asked for without echo. It goes to the operating system’s key store where there is one, else to a file encrypted by a passphrase (BIT_PASSPHRASE_FILE), else to an unencrypted file that only you can read.';
  static override examples = [
    '<%= config.bin %> secret set NPM_TOKEN < token.txt',
    '<%= config.bin %> secret set GITHUB_TOKEN --user',
  ];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: 'As of an environment variable.' }),
  };
  static override flags = {
    user: Flags.boolean({ description: 'For all your repositories, not just this one.' }),
  };

  protected override async effect(reader: Reader, { args, flags }: Input<typeof SecretSet>) {
    return setSecret(reader, { name: args.name, user: flags.user });
  }

  protected override render(out: SecretChange, page: Page): void {
    const place =
      out.place === 'unencrypted-file'
        ? page.style.yellow('an unencrypted file')
        : `the ${out.place.replaceAll('-', ' ')}`;
    page.line(`${out.replaced ? 'Replaced' : 'Kept'} ${out.name} of the ${out.scope} in ${place}.`);
  }
}
