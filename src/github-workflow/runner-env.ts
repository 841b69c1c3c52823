import { textOf } from '../expression/index.ts';
import type { InstanceState } from '../workflow/index.ts';
import { githubContext, runnerFacts, shortRef } from './event.ts';
import type { Frame } from './scope.ts';

/** The variables GitHub sets for every process of a job. */
export function runnerEnv(frame: Frame, state: InstanceState): Record<string, string> {
  const github = githubContext(frame.event, frame.workflow);
  const of = (name: string): string => textOf(github[name] ?? '');
  const facts = runnerFacts();
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: of('actor'),
    GITHUB_API_URL: of('api_url'),
    GITHUB_BASE_REF: of('base_ref'),
    GITHUB_EVENT_NAME: of('event_name'),
    GITHUB_GRAPHQL_URL: of('graphql_url'),
    GITHUB_HEAD_REF: of('head_ref'),
    GITHUB_JOB: state.job.id,
    GITHUB_REF: of('ref'),
    GITHUB_REF_NAME: shortRef(of('ref')),
    GITHUB_REF_PROTECTED: 'false',
    GITHUB_REF_TYPE: of('ref_type'),
    GITHUB_REPOSITORY: of('repository'),
    GITHUB_REPOSITORY_OWNER: of('repository_owner'),
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: String(state.run.attempt),
    GITHUB_RUN_ID: String(state.run.number),
    GITHUB_RUN_NUMBER: String(state.run.number),
    GITHUB_SERVER_URL: of('server_url'),
    GITHUB_SHA: of('sha'),
    GITHUB_TRIGGERING_ACTOR: of('triggering_actor'),
    GITHUB_WORKFLOW: of('workflow'),
    GITHUB_WORKFLOW_REF: of('workflow_ref'),
    GITHUB_WORKFLOW_SHA: of('sha'),
    GITHUB_WORKSPACE: state.workspace,
    RUNNER_ARCH: facts.arch,
    RUNNER_ENVIRONMENT: 'self-hosted',
    RUNNER_NAME: 'bit',
    RUNNER_OS: facts.os,
  };
}
