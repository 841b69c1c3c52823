/**
 * Advice: what can be done here and now, what is missing, and what to try after a failure.
 *
 * Every line is looked up, none is canned: a finding names what it found, and the command that goes on from it.
 */
export { type ContextAdvice, type Finding, readContext, renderContext } from './context.ts';
export { type FailureAdvice, lastFailure, renderFailure } from './failure.ts';
export { FAILURE_FILE, type FailureRecord, readFailure } from './failure-record.ts';
