/**
 * Check: looks over a repository and says what it found, by file, line and column. Reads only; `--fix` formats.
 *
 * - secrets: the rules of src/scan and secretlint's over every text file git tracks or does not ignore;
 * - dependencies: npm packages, by the bulk advisories of the registry; where it can't be asked the outcome is `unknown`;
 * - licenses: SPDX expressions of what is installed, against `policy.compliance` of `.bithub.yml`;
 * - format: what the project's own formatter would change.
 */
export { type CheckOptions, check, checkExit, runChecks } from './check.ts';
export { checkDependencies } from './dependencies.ts';
export { isLicenseFit, type LicenseTerms, licenseTerms, parseLicense } from './licenses.ts';
export type { CheckFinding, CheckResult, Level, OneCheck, Outcome, Scope } from './model.ts';
export { renderCheck, renderChecks } from './render.ts';
export { checkSarif } from './sarif.ts';
export { checkTreeSecrets } from './secrets.ts';
export { isVulnerable } from './versions.ts';
