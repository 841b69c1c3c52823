/**
 * Timeline: git's history and the ledger as one list, newest first; and the ledger by itself.
 *
 * A commit stands at the time it was committed, an operation at the time its intent was signed. Nothing is joined by
 * guess: a commit is `recorded` where an operation's outcome says a ref moved to it, `noticed` where `bit` saw plain
 * git move a ref to it, and `unknown` where the ledger never met it as a tip (it came with others, or before).
 */

export type { CommitItem, Detail, EntryItem, OperationItem, Scope, TimelineItem } from './items.ts';
export {
  type EntryListing,
  type EntryView,
  listEntries,
  renderEntries,
  renderEntry,
  showEntry,
} from './ledger.ts';
export { renderTimeline } from './render.ts';
export { readTimeline, type Timeline, type TimelineQuestion } from './timeline.ts';
