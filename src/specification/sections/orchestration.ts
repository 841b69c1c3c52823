import { choice, either, flag, list, map, object, text, whole } from '../shape.ts';

const globs = (about: string) => list(text(undefined, { most: 512 }), about, { most: 100 });

export const condition = text(
  "A condition: event == 'push', files.changed matches '**/assets/**', &&, ||, !, parentheses.",
  { most: 2000, lines: true, wanted: 'a condition of at most 2000 characters' },
);

const cron = text('Five fields of cron: minute, hour, day, month, day of the week.', { most: 100 });

const filter = object('When it counts.', {
  branches: globs('Branches it counts for; ! takes some out again.'),
  'branches-ignore': globs('Branches it does not count for.'),
  tags: globs('Tags it counts for.'),
  'tags-ignore': globs('Tags it does not count for.'),
  paths: globs('It counts where one of the files changed.'),
  'paths-ignore': globs('It does not count where only these changed.'),
  types: list(text(), 'Kinds of the event: opened, synchronize, labeled.', { most: 32 }),
});

/** Events a flow runs on. */
export const EVENTS = [
  'push',
  'pull_request',
  'merge',
  'tag',
  'release',
  'issue',
  'schedule',
  'manual',
  'workflow_dispatch',
] as const;

const event = choice(EVENTS, 'An event.');

const on = either(
  [
    event,
    list(event, undefined, { most: EVENTS.length }),
    object('Events, each with what narrows it.', {
      push: filter,
      pull_request: filter,
      merge: filter,
      tag: filter,
      release: filter,
      issue: filter,
      manual: object('Started by hand.', {}),
      workflow_dispatch: object('Started by hand, in GitHub’s word.', {}),
      schedule: either(
        [
          cron,
          list(
            either([
              cron,
              object(
                undefined,
                { cron, timezone: text('IANA name, such as Europe/Berlin; default UTC.', { most: 64 }) },
                { required: ['cron'] },
              ),
            ]),
            undefined,
            { most: 50 },
          ),
        ],
        'When, by cron.',
      ),
    }),
  ],
  'Events the flow runs on; without it, only by hand.',
);

const pushOn = object('When what was built is pushed; all that is said must hold.', {
  event: choice(EVENTS, 'The event.'),
  branch: text('The branch, or a pattern.', { most: 256 }),
  always: flag('Always.'),
});

const workflowName = text('A workflow: a name, or a path in this repository.', { most: 256 });
const resilience = {
  continueOnFailure: flag('Go on with what follows although this failed.'),
  retries: whole(0, 20, 'Tries after the first.'),
  backoffSeconds: whole(0, 3600, 'Seconds before the second try; each further one waits twice as long.'),
  timeoutMinutes: whole(1, 10_080, 'Minutes it may take.'),
};

/** What `with` of each action knows; a key of another action is a fault of its own. */
export const ACTION_OPTIONS = {
  'bit-image': [
    'services',
    'imagePrefix',
    'registry',
    'owner',
    'platforms',
    'buildArgs',
    'testCommand',
    'tagFormat',
    'cache',
    'provenance',
    'sbom',
    'sign',
    'pushOn',
  ],
  'package-assets': ['paths', 'exclude', 'name', 'output', 'retentionDays'],
  'publish-artifacts': ['bundles', 'to', 'tokenRef', 'pushOn'],
} as const;
export type ActionName = keyof typeof ACTION_OPTIONS;
export const ACTIONS = Object.keys(ACTION_OPTIONS) as readonly ActionName[];

const platform = text('linux/amd64, linux/arm64 and the like.', {
  pattern: /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/,
  wanted: 'a platform such as linux/amd64',
});
export const platforms = list(platform, 'Platforms to build for.', { least: 1, most: 16 });
export const cache = object('The layers kept in the registry.', {
  enabled: flag('Whether they are kept.'),
  scope: text('Tag of the cache image.', { most: 128 }),
});
export const imageOptions = {
  imagePrefix: text('What the image’s name begins with.', { most: 128 }),
  platforms,
  buildArgs: map(text(undefined, { most: 4096 }), 'Arguments of the build.', {
    names: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  }),
  testCommand: text('Run inside the image; it is pushed only where this succeeds.', { lines: true }),
  cache,
  provenance: flag('Write provenance (in-toto, SLSA).'),
  sbom: flag('Write the bill of materials (CycloneDX).'),
  sign: flag('Sign what was pushed.'),
};

const options = object('What the action is told.', {
  ...imageOptions,
  services: list(text(undefined, { most: 128 }), 'bit-image: only these services of images.services.', {
    most: 100,
  }),
  registry: text('bit-image: the registry’s host.', { most: 253 }),
  owner: text('bit-image: the part of the name after the registry.', { most: 128 }),
  tagFormat: text('bit-image: the tag, by date(1): +%Y%m%d%H%M%S.', { most: 64 }),
  pushOn,
  paths: globs('package-assets: files that go in; default **/assets/**.'),
  exclude: globs('package-assets: files that stay out.'),
  name: text('package-assets: the artifact’s name; default assets.', { most: 128 }),
  output: text('package-assets: a .tar.gz it is written to as well, relative to the repository.', {
    most: 512,
  }),
  retentionDays: whole(1, 3650, 'Days the artifact is kept.'),
  bundles: list(text(undefined, { most: 128 }), 'publish-artifacts: only these of artifacts.bundles.', {
    most: 100,
  }),
  to: text('publish-artifacts: a folder of this repository, file:// or https:// they go to as well.', {
    most: 2048,
  }),
  tokenRef: text('publish-artifacts: env:NAME or secret:NAME of the token sent along.', {
    pattern: /^(?:env|secret):[A-Za-z_][A-Za-z0-9_]{0,127}$/,
    wanted: 'env:NAME or secret:NAME',
  }),
});

const step = object(
  'A step: a gate, an action, a barrier or workflows.',
  {
    gate: choice(
      ['policy', 'approval'],
      'policy: the policy set, and .bithub/policy.sh; approval: somebody else’s word.',
    ),
    action: choice(ACTIONS, 'Something this program does itself.'),
    barrier: text('All before it has ended; its name stands in the audit.', { most: 128 }),
    workflows: object('Workflows, at once or one after another.', {
      parallel: list(workflowName, 'All at once.', { least: 1, most: 256 }),
      series: list(workflowName, 'One after another.', { least: 1, most: 256 }),
    }),
    with: options,
    condition,
    artifactPass: globs('Files of this step that later ones see; beside those of the defaults.'),
    profile: text('Profile of clusters.profiles it runs in.', { most: 63 }),
    ...resilience,
  },
  { oneOf: ['gate', 'action', 'barrier', 'workflows'] },
);

const flow = object(
  'What runs, in order.',
  {
    name: text('Its name: bit flow run NAME.', {
      pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
      wanted: 'a name of letters, digits, _, . and -, at most 63',
    }),
    description: text('What it is for.', { lines: true }),
    on,
    condition,
    profile: text('Profile of clusters.profiles it runs in.', { most: 63 }),
    env: map(
      text(undefined, { most: 32_768, lines: true, pattern: /^[^\0]*$/ }),
      'Environment of its steps.',
      {
        names: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
      },
    ),
    sequence: list(step, 'Its steps, one after another.', { least: 1, most: 200 }),
  },
  { required: ['name', 'sequence'] },
);

export const orchestration = object('What runs when, and how hard it is tried.', {
  defaults: object('For every step that says nothing else.', {
    ...resilience,
    artifactPass: globs('Files that one step leaves for the next.'),
  }),
  flows: list(flow, 'The flows.', { most: 200 }),
});
