/**
 * Testing: finds what runs a repository's tests, runs it, shows what it says as it says it, and counts.
 *
 * Suites stand in `.bithub.yml`, each a command, or `command`, `directory`, `report` (JUnit XML) and `timeout` (seconds):
 *
 *     test:
 *       unit: npm run unit
 *       integration: { command: npm run e2e, report: out/junit.xml, timeout: 900 }
 *
 * or are found: scripts of package.json, node:test, pytest, go, cargo, make. Counts come from the JUnit XML a suite writes,
 * else from the closing lines of jest, vitest, mocha, uvu, node:test, pytest, go test and cargo test, else from TAP. Where
 * nothing of that is there, the exit status alone is told, and passed on.
 *
 * With `on: 'mesh'` each suite is a job of a mesh; what its output and its report say is counted there, line by line.
 */
export type { WorkPlace } from '../build/index.ts';
export type { Counts } from './counts.ts';
export { parseJunit } from './junit.ts';
export { OutputCounts } from './read.ts';
export { renderTestRun } from './render.ts';
export type { Suite, TestKind } from './suites.ts';
export { runTests, type SuiteResult, type TestOptions, type TestResult } from './test.ts';
export { testWork } from './work.ts';
