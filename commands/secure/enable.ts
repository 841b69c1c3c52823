import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { ENABLE_SCOPES, type Enabled, type EnableScope, enableSecurity } from '../../src/secure/index.ts';

export default class SecureEnable extends action({
  action: 'secure.enable',
  event: 'SECURE_ENABLE',
})<Enabled> {
  static override summary = 'Set the hook that looks for secrets, a policy, and required reviews.';
  static override description =
    `A hook that is there is kept and still runs. Policies and reviews are in force once accepted: bit policy accept.
Branch protection on GitHub is not set from here.`;
  static override examples = [
    '<%= config.bin %> secure enable all',
    '<%= config.bin %> secure enable hooks --dry-run',
    '<%= config.bin %> secure enable reviews --reviews 2',
  ];
  static override args = {
    scope: Args.string({ description: 'What to set.', required: true, options: [...ENABLE_SCOPES] }),
  };
  static override flags = {
    reviews: Flags.integer({ description: 'Reviews to ask for.', default: 1, min: 1, max: 100 }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof SecureEnable>) {
    return enableSecurity(reader, { scope: args.scope as EnableScope, reviews: flags.reviews });
  }

  protected override render(out: Enabled, page: Page): void {
    for (const what of out.set) page.line(`${page.style.green('set')} ${page.safe(what)}`);
    for (const why of out.left) page.line(page.style.dim(page.safe(why)));
  }
}
