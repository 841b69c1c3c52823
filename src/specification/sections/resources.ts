/** What is built, where it runs, and what is kept of it. */
import { flag, list, map, number, object, text, whole } from '../shape.ts';
import { imageOptions } from './orchestration.ts';

export const images = object('Container images: bit image build.', {
  defaults: object('For every service that says nothing else.', imageOptions),
  services: list(
    object(
      'An image.',
      {
        name: text('Its name.', {
          pattern: /^[a-z0-9][a-z0-9_.-]{0,127}$/,
          wanted: 'a name of small letters, digits, _, . and -',
        }),
        context: text('Folder it is built from; default the repository.', { most: 1024 }),
        dockerfile: text(
          'Dockerfile or Containerfile, relative to the context; found where nothing is said.',
          { most: 1024 },
        ),
        ...imageOptions,
      },
      { required: ['name'] },
    ),
    'Images; without any, every Dockerfile and Containerfile found.',
    { most: 200 },
  ),
});

export const clusters = object('Where it runs.', {
  defaultProfile: text('Profile of what names none.', { most: 63 }),
  profiles: map(
    object('A place to run in.', {
      runnerLabels: list(text(undefined, { most: 128 }), 'What a runner must be labelled.', { most: 32 }),
      concurrencyGroup: text(
        'At most one run of a group at a time; ${{ ref }} and the like stand for values.',
        { most: 256 },
      ),
      cancelInProgress: flag('A new run of the group ends the one before instead of waiting.'),
      fallback: text('Profile to go to where this one can’t be had.', { most: 63 }),
      autoscale: object('How many runners the mesh keeps.', {
        min: whole(0, 100_000, 'At least.'),
        max: whole(1, 100_000, 'At most.'),
        cooldownSeconds: whole(0, 86_400, 'Seconds before one that has nothing to do is given up.'),
      }),
      resources: object('What a runner must have.', {
        gpus: text('Kind and number: A10:1.', {
          pattern: /^[A-Za-z0-9_.-]{1,64}(?::[1-9][0-9]{0,3})?$/,
          wanted: 'a kind and a number such as A10:1',
        }),
        memoryGB: number(0.01, 100_000, 'Gigabytes of memory.'),
        cpus: number(0.01, 100_000, 'Processors.'),
      }),
      storage: object('What a runner keeps.', {
        cacheSizeGB: number(0, 1_000_000, 'Gigabytes of cache.'),
        artifactRetentionDays: whole(1, 3650, 'Days artifacts made there are kept.'),
      }),
    }),
    'Profiles by name.',
    { names: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, wanted: 'letters, digits, _, . and -, at most 63' },
  ),
});

export const artifacts = object('What is kept of a run.', {
  manifestPath: text('Where a run’s audit is written; ${{ timestamp }} stands for its time.', { most: 512 }),
  bundles: list(
    object(
      'Files kept together.',
      {
        name: text('Its name.', {
          pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
          wanted: 'a name of letters, digits, _, . and -',
        }),
        paths: list(text(undefined, { most: 512 }), 'Patterns of files.', { least: 1, most: 100 }),
        retentionDays: whole(1, 3650, 'Days it is kept; default 30.'),
      },
      { required: ['name', 'paths'] },
    ),
    'Bundles.',
    { most: 100 },
  ),
});
