/**
 * What people report of their pipelines: each exhibit is made after an issue or a pull request of a public repository,
 * and was written down before anybody looked which fixer could know of it. Any fixer may find the cause.
 */
import type { Exhibit } from './exhibit.ts';
import { REPORTED_STEPS } from './reported-steps.ts';
import { REPORTED_TOOLS } from './reported-tools.ts';
import { REPORTED_WORKFLOWS } from './reported-workflows.ts';

export const REPORTED: readonly Exhibit[] = [...REPORTED_TOOLS, ...REPORTED_STEPS, ...REPORTED_WORKFLOWS].map(
  (one) => ({ ...one, fixer: one.by === undefined ? '' : '*' }),
);
