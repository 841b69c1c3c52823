/**
 * Workflow: the engine. A run is a graph of jobs and steps with a durable journal; sources (native workflows, GitHub's,
 * flows, scripts) compile to the model in `model.ts` and the engine runs it, resumes it and says what it does.
 */
export * from './model.ts';
