/**
 * Repair: what a crash, a full disk or a killed process leaves behind, found and put right.
 *
 * Diagnosis only reads. Nothing is deleted that could hold work: what is replaced is moved aside under
 * `<state>/aside/`. An operation of another machine or container is settled only on a person's word. A git lock file is stale only when no git process works in this repository.
 */
export { diagnose, type Finding, SCOPES, type Scope, scopesOf } from './diagnose.ts';
export { type Fixed, type RepairOptions, type RepairResult, renderRepair, repair } from './repair.ts';
