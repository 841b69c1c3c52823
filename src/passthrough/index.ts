/**
 * Passthrough: any git command, as a person types it.
 *
 * A command that only reads is an answer: gated as a query, recorded nowhere. Every other goes through gate and ledger
 * as `git.<verb>`, and also under the name of the `bit` command it comes to (`git push` is a `repo.push`), so that no
 * policy is passed by in git's words. Its moves of refs, index, tracked files, stash and settings can be undone.
 *
 * The verb policies see is the one that runs: aliases are resolved here, those that run a shell are refused, and what
 * could point git at another repository or another verb does not come through (docs/decisions/0002-git-passthrough.md).
 */
export { passGit } from './pass.ts';
export type { PassedGit } from './passed.ts';
