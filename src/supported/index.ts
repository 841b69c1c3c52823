/**
 * Supported: which versions SECURITY.md's table says are supported, written for audits and policy gates as
 * `orchestration_audit/supported_versions.json`, and asked before a flow runs: unsupported ones are blocked, or run in a
 * sandbox where the row's notes say so.
 */
export {
  MATRIX_FILE,
  readSupportTable,
  renderMatrix,
  type SupportMatrix,
  supportMatrix,
  type Verdict,
  type VersionVerdict,
  verdictOn,
  versionHere,
} from './matrix.ts';
export { parseSupportTable, rowFor, type SupportedVersion } from './table.ts';
