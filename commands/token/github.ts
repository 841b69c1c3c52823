import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type GithubAccess, handOver, renderAccess, serveBroker } from '../../src/broker/index.ts';

export default class TokenGithub extends action({
  action: 'token.github',
  event: 'TOKEN_GITHUB',
})<GithubAccess> {
  static override summary =
    'Hand the GitHub credential to its owner, or broker calls for holders of a token.';
  static override description =
    `The credential is GH_TOKEN, GITHUB_TOKEN or secret:GITHUB_TOKEN. Whoever acts under a .bithub.token never receives it: with --broker his calls to GitHub’s API go through http://127.0.0.1, each checked against the token’s capabilities (github:write:owner/repo:issues) and policy; what changes something is recorded.`;
  static override examples = [
    'GITHUB_TOKEN=$(<%= config.bin %> token github) npm run release',
    'git config --global credential.https://github.com.helper "!<%= config.bin %> token github --git-credential-helper"',
    '<%= config.bin %> token github --broker --port 8017',
  ];
  static override args = {
    word: Args.string({ description: 'What git says: get, store or erase, or a prompt.', required: false }),
  };

  static override flags = {
    'git-credential-helper': Flags.boolean({ description: 'Answer as a credential helper of git’s.' }),
    askpass: Flags.boolean({ description: 'Answer as GIT_ASKPASS.', exclusive: ['git-credential-helper'] }),
    broker: Flags.boolean({
      description: 'Run the broker until Ctrl-C.',
      exclusive: ['git-credential-helper', 'askpass'],
    }),
    host: Flags.string({
      description: 'GitHub it is for; default GH_HOST or github.com.',
      helpValue: 'HOST',
    }),
    api: Flags.string({ description: 'Address of its API.', dependsOn: ['broker'], helpValue: 'URL' }),
    secret: Flags.string({ description: 'Secret that holds the credential.', helpValue: 'NAME' }),
    port: Flags.integer({ description: 'Port to listen on; default any.', default: 0, min: 0, max: 65_535 }),
    rate: Flags.integer({ description: 'Calls a minute of each token.', default: 600, min: 1 }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof TokenGithub>) {
    const { host, api, secret, port } = flags;
    if (flags.broker) return serveBroker(reader, { host, api, secret, port, perMinute: flags.rate });
    const mode = flags['git-credential-helper'] ? 'helper' : flags.askpass ? 'askpass' : 'print';
    return handOver(reader, { mode, word: args.word, host, secret });
  }

  protected override render(out: GithubAccess, page: Page): void {
    renderAccess(out, page);
  }

  /** Git asks nobody else, and no person either, where it was refused. */
  protected override lastWords(): string {
    return this.argv.includes('--git-credential-helper') ? 'quit=1\n' : '';
  }
}
