/**
 * Audit: signed reports of who can do what here and what was done, each compared with the one before.
 *
 * A report (DSSE, below `<state>/audits`) holds the ledger's verification, what stands open, keys, believed signers,
 * tokens that would still be taken, deployed bots with what they may, and what the ledger says was done and denied since.
 * It names the digest of the report before it; its own is in the ledger's entry of its writing.
 */
export type { Activity, Area, AuditReport, Standing } from './model.ts';
export { renderRead, renderWritten } from './render.ts';
export {
  changesOf,
  type ReadReport,
  reportFiles,
  showReport,
  type WrittenReport,
  writeReport,
} from './report.ts';
