import { notifications, policy, support } from './sections/conduct.ts';
import { deploy } from './sections/deploy.ts';
import { identity, ledger, metadata } from './sections/frame.ts';
import { orchestration } from './sections/orchestration.ts';
import { artifacts, clusters, images } from './sections/resources.ts';
import { any, choice, object, type ValueOf } from './shape.ts';

/** Sections that other parts of the program read by rules of their own. */
const elsewhere = {
  build: any('Targets of bit build.'),
  test: any('What bit test runs.'),
  check: any('What bit check asks.'),
  schedules: any('Schedules: bit schedule.'),
  triggers: any('Triggers: bit trigger.'),
  vm: any('Environments: bit vm.'),
  mesh: any('The mesh.'),
};

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
    ...elsewhere,
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
