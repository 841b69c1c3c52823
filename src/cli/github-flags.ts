import { Flags } from '@oclif/core';

/** Which repository on GitHub is meant, and where its API is. */
export const githubFlags = {
  repo: Flags.string({
    description: 'Repository on GitHub; default that of the remote.',
    helpValue: 'OWNER/NAME',
  }),
  api: Flags.string({ description: "Address of GitHub's API; default BIT_GITHUB_API.", helpValue: 'URL' }),
};
