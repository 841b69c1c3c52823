/**
 * Assets: large files kept out of git's object store, as git-lfs pointers.
 *
 * A pointer is the text of git-lfs's specification v1; the bytes it stands for lie in the content store of the local
 * state, `storage/media/sha256/<aa>/<oid>`, and under the same name where git-lfs looks (`lfs/objects/<aa>/<bb>/<oid>`,
 * a hard link where the disk allows one), so that `bit` and `git lfs` read each other's.
 * https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
export { type FilterStreams, serveFilter } from './filter.ts';
export { formatPointer, type Pointer, parsePointer } from './pointer.ts';
export { type AssetPlace, assetPath, assetPlace, listAssets, type StoredAsset, storeAsset } from './store.ts';
