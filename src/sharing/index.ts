/**
 * Sharing: caches and artifacts between repositories, by what is asked for.
 *
 * At a shared place (a folder, this user's content store, a bucket) each clone leaves what it wants; others answer with
 * what they have of it. Both are signed, good for a week, of bounded size, and believed only from keys this repository
 * trusts; every byte taken is compared with its digest, and what a build result may write is held against its target:
 * never a file git tracks, never a link. What was not asked for is refused by name.
 */
export type { Refused } from './documents.ts';
export { LONGEST, MOST_DOCUMENT, MOST_ITEMS, SHARE_TYPE, type ShareItem } from './model.ts';
export { listAt, offerAt, type Shared, type SharedListing, takeAt, wantAt } from './negotiate.ts';
export { renderShared, renderSharedListing } from './render.ts';
