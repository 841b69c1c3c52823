import type { BranchInfo } from '../git/index.ts';
import type { Reader } from '../operation/index.ts';

export interface BranchListing {
  readonly branches: readonly BranchInfo[];
}

/** Local branches, and with `all` the remote-tracking ones too. */
export async function listBranches(
  reader: Reader,
  options: { readonly all: boolean },
): Promise<BranchListing> {
  return { branches: await reader.git.branches({ remotes: options.all }) };
}
