import { Flags } from '@oclif/core';
import { EVENT_NAMES } from '../orchestration/index.ts';

/** What is said to have happened, for a flow of `.bithub.yml`, and where it is to run. */
export const occasionFlags = {
  event: Flags.string({
    description: 'What happened; by hand where nothing is said.',
    options: [...EVENT_NAMES],
  }),
  branch: Flags.string({ description: 'The branch; the one checked out.' }),
  tag: Flags.string({ description: 'The tag that was pushed.' }),
  label: Flags.string({
    description: 'A label of the pull request or issue; may be repeated.',
    multiple: true,
  }),
  changed: Flags.string({
    description: 'A path that changed; may be repeated. Without it git is asked.',
    multiple: true,
  }),
  since: Flags.string({
    description: 'What changed since this revision.',
    helpValue: 'REV',
    exclusive: ['changed'],
  }),
  fork: Flags.boolean({ description: 'It came from a fork.' }),
  profile: Flags.string({ description: 'Profile of clusters.profiles to run in.' }),
};
