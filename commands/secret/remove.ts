import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { removeSecret, type SecretInfo } from '../../src/secrets/index.ts';

export default class SecretRemove extends action({
  action: 'secret.remove',
  event: 'SECRET_REMOVE',
})<SecretInfo> {
  static override summary = 'Forget a secret.';
  static override examples = [
    '<%= config.bin %> secret remove NPM_TOKEN',
    '<%= config.bin %> secret remove GITHUB_TOKEN --user --yes',
  ];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: 'Its name.' }),
  };
  static override flags = {
    user: Flags.boolean({ description: 'The one of all your repositories.' }),
  };

  protected override async effect(reader: Reader, { args, flags }: Input<typeof SecretRemove>) {
    return removeSecret(reader, { name: args.name, user: flags.user });
  }

  protected override render(out: SecretInfo, page: Page): void {
    page.line(`Forgot ${out.name} of the ${out.scope}.`);
  }
}
