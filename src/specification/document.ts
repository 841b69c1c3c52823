import { build, check, schedules, test, triggers } from './sections/commands.ts';
import { notifications, policy, support } from './sections/conduct.ts';
import { deploy } from './sections/deploy.ts';
import { identity, ledger, metadata } from './sections/frame.ts';
import { orchestration } from './sections/orchestration.ts';
import { artifacts, clusters, images } from './sections/resources.ts';
import { choice, object, type ValueOf } from './shape.ts';

/** `.bithub.yml`, whole. */
export const SPECIFICATION_SHAPE = object(
  'Identity, orchestration, images, clusters, policy, artifacts, notifications and support of a repository.',
  {
    apiVersion: choice(['bithub/v1'], 'The version of this form.'),
    kind: choice(['OrchestrationSpec'], 'The kind of document.'),
    metadata,
    ledger,
    identity,
    orchestration,
    images,
    clusters,
    policy,
    artifacts,
    notifications,
    support,
    deploy,
    build,
    test,
    check,
    schedules,
    triggers,
  },
  { required: ['apiVersion', 'kind'] },
);

export type Specification = ValueOf<typeof SPECIFICATION_SHAPE>;
export type FlowSpecification = NonNullable<NonNullable<Specification['orchestration']>['flows']>[number];
export type StepSpecification = FlowSpecification['sequence'][number];
export type ActionOptions = NonNullable<StepSpecification['with']>;
export type ProfileSpecification = NonNullable<NonNullable<Specification['clusters']>['profiles']>[string];
export type Channel = NonNullable<NonNullable<Specification['notifications']>['channels']>[number];
export type Directive = NonNullable<NonNullable<Specification['support']>['userDirectives']>[number];
export type Bundle = NonNullable<NonNullable<Specification['artifacts']>['bundles']>[number];
export type DeployTarget = NonNullable<NonNullable<Specification['deploy']>['targets']>[string];
export type Profanity = NonNullable<NonNullable<Specification['policy']>['profanity']>;
export type DeclaredSchedule = NonNullable<Specification['schedules']>[string];
export type DeclaredTrigger = NonNullable<Specification['triggers']>[string];
