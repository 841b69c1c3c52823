/**
 * Nodes: the orchestration files of this repository (`.bithub` JSON, `.bit` scripts) sent to the nodes that run it, as
 * `.bithub/nodes.yml` (or the first stack's `.bithub/overhaul/sync.to.nodes.yml`) names them, each with its token and
 * patterns. A node is believed only where it acknowledges the digest of each file.
 */
export { NODE_FILES, type NodeConfig, type NodesConfig, readNodes } from './config.ts';
export { type NodeOutcome, type NodesSynced, renderSynced, type SentFile, syncNodes } from './sync.ts';
