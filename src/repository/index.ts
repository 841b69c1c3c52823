/**
 * Repository: the git verbs of `bit`, each a function from a {@link Reader} and its options to data (a query) or to
 * an {@link Effect} (an action). What a verb may touch is declared in its effect, so that undo knows.
 */
export { type ArchiveRequest, type ArchiveResult, archiveRepository } from './archive.ts';
export { type DeleteBranchResult, deleteBranches } from './branch-delete.ts';
export { type BranchListing, listBranches } from './branch-list.ts';
export { type NewBranchResult, newBranch } from './branch-new.ts';
export { type SwitchResult, switchBranch } from './branch-switch.ts';
export { type BrowseRequest, type BrowseResult, browse } from './browse.ts';
export { forgeOf, pageAddress } from './browse-address.ts';
export { type CloneRequest, type CloneResult, cloneInto } from './clone.ts';
export { removeStaleClones, staleClones } from './clone-place.ts';
export { type CommitOptions, type CommitResult, commit } from './commit.ts';
export { type ContextualDiff, type Diff, diff, type RawDiff, type StatDiff } from './diff.ts';
export { renderDiff } from './diff-render.ts';
export { repositoryPath } from './diff-select.ts';
export { type ForkRequest, type ForkResult, forkRepository } from './fork.ts';
export { type InitRequest, type InitResult, initProject } from './init.ts';
export { merge } from './merge.ts';
export { MERGE_STRATEGIES, type MergeResult } from './merge-plan.ts';
export { configFile, reflogFile, stateFiles } from './merge-state.ts';
export { type PullOptions, type PullResult, pull } from './pull.ts';
export { type PushOptions, type PushResult, push } from './push.ts';
export { type RestoreRequest, type RestoreResult, restore } from './restore.ts';
export { type RevertOptions, type RevertResult, revert } from './revert.ts';
export { type MoveBranchOptions, type MoveBranchResult, moveBranch } from './revert-force.ts';
export { type RepositoryStatus, readStatus, type StatusDepth } from './status.ts';
export { renderStatus } from './status-render.ts';
export { type SyncOptions, type SyncResult, sync } from './sync.ts';
export { goOn } from './sync-go-on.ts';
export { type DeleteTagResult, deleteTags } from './tag-delete.ts';
export { listTags, type TagInfo, type TagListing } from './tag-list.ts';
export { type NewTagResult, newTag } from './tag-new.ts';
export { assetPlaceOf, type TrackedAssets, trackAssets } from './track-assets.ts';
export { type CodeActivity, type FileActivity, trackCode } from './track-code.ts';
export { filterAssets } from './track-filter.ts';
export { type FileHistory, trackHistory } from './track-history.ts';
export { type AssetListing, listTrackedAssets } from './track-list.ts';
