/**
 * Secure: what stands open here, in one report, and what of it can be shut from here.
 *
 * The report puts together what others find: src/check (work tree, dependencies), src/scan (history), src/github-workflow
 * (workflows), and looks itself at permissions: modes, git's settings, policies, hooks.
 */
export { ENABLE_SCOPES, type Enabled, type EnableScope, enableSecurity } from './enable.ts';
export { renderSecure } from './render.ts';
export {
  SCAN_SCOPES,
  type ScanOptions,
  type ScanScope,
  type SecureFinding,
  type SecurePart,
  type SecureReport,
  scanAll,
} from './scan.ts';
