/**
 * Tlog: transparency logs, ours and anybody's, as the specifications say.
 *
 * Trees, inclusion and consistency proofs are those of RFC 6962 over SHA-256; tiles and entry bundles c2sp.org/tlog-tiles;
 * tree heads c2sp.org/tlog-checkpoint in c2sp.org/signed-note with Ed25519 keys; witnesses' cosignatures
 * c2sp.org/tlog-cosignature; proof files c2sp.org/tlog-proof.
 *
 * A tree is read through a {@link NodeReader}, which gives the hash of a perfect subtree: a store that keeps with every
 * leaf what {@link Frontier.push} returned has them all, and proofs cost O(log n) reads.
 *
 * This domain imports no other and believes nothing it reads.
 */

export { type AuditOptions, auditLog, type LogAudit, type LogFault, readCheckpoint } from './audit.ts';
export { fromBase64, fromDecimal, toBase64 } from './base64.ts';
export { ENTRY_LIMIT, formatBundle, parseBundle } from './bundle.ts';
export { type ConsistencyClaim, consistencyFault, type InclusionClaim, inclusionFault } from './check.ts';
export { formatCheckpointText, parseCheckpointText, type TreeHead } from './checkpoint.ts';
export { Frontier } from './frontier.ts';
export {
  EMPTY_ROOT,
  foldSubtrees,
  HASH_SIZE,
  leafHash,
  nodeHash,
  type Range,
  type Subtree,
  subtreesOf,
} from './merkle.ts';
export {
  cosign,
  formatSignature,
  type Note,
  type NoteSignature,
  type NoteSigner,
  openNote,
  parseNote,
  signNote,
} from './note.ts';
export {
  formatVkey,
  isKeyName,
  keyId,
  noteSignatureHolds,
  parseVkey,
  type SignatureType,
  timestampOf,
  type VerifierKey,
  verifierKey,
} from './note-key.ts';
export {
  formatProofFile,
  type OpenedCheckpoint,
  type OpenOptions,
  openCheckpoint,
  openProof,
  type ProofFile,
  parseProofFile,
} from './proof-file.ts';
export {
  consistencyRanges,
  inclusionRanges,
  type NodeReader,
  nodesOf,
  proveConsistency,
  proveInclusion,
  treeRoot,
} from './prove.ts';
export { directorySource, httpSource, type LogSource } from './source.ts';
export {
  hashesAt,
  nodeFromTile,
  parseTilePath,
  TILE_WIDTH,
  type Tile,
  tileAt,
  tileOfNode,
  tilePath,
  tilesOf,
} from './tiles.ts';
