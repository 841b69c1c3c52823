/**
 * Repository: the git verbs of `bit`, each a function from a {@link Reader} and its options to data (a query) or to
 * an {@link Effect} (an action). What a verb may touch is declared in its effect, so that undo knows.
 */
export { type BranchListing, listBranches } from './branch-list.ts';
