import { join } from 'node:path';
import type { Plugin } from './table.ts';

/**
 * The plugins that come with `bit`, in `plugins/`. They see the public interface and nothing else, run inside `bit`,
 * and what they bring is off until it is switched on.
 */
export function bundledPlugins(options: {
  readonly root: string;
  readonly version: string;
  readonly development: boolean;
  readonly bundled?: readonly Plugin[];
}): readonly Plugin[] {
  const { root, version, development, bundled = [] } = options;
  return [
    {
      name: 'entertainment',
      version,
      description: 'Celebrations: a dragon in the log, lore cards, cues for the world outside.',
      directory: join(root, development ? 'plugins' : 'dist/plugins', 'entertainment'),
      source: 'bundled',
      integrity: '',
      capabilities: [],
      installed: '',
      commands: {},
      listenersModule: development ? 'listeners.ts' : 'listeners.js',
      listeners: [
        { name: 'magic.lol', description: 'An ASCII celebration on stderr after an action that succeeded.' },
        { name: 'creative.enjoyments', description: 'A short lore card in .bithub/ledger/lore.log.' },
        {
          name: 'fan.asia.create',
          description: 'A world-event cue, an EVENT_EMIT message in .bithub/ledger/lore.log.',
        },
      ],
      provides: {},
      bundled: true,
    },
    ...BOTS.map(
      ({ name, description }): Plugin => ({
        name,
        version,
        description,
        directory: join(root, development ? 'plugins' : 'dist/plugins', name),
        source: 'bundled',
        integrity: '',
        capabilities: [],
        installed: '',
        commands: {},
        listenersModule: undefined,
        listeners: [],
        provides: {
          bots: { module: development ? 'bots.ts' : 'bots.js', items: [{ name, description, facts: {} }] },
        },
        bundled: true,
      }),
    ),
    ...bundled,
  ];
}

/** Each in a folder of its own. Their processes read that, and `bit`'s own code. */
const BOTS = [
  {
    name: 'planner',
    description:
      'Foresees runs by their history, and proposes jobs in better order, caches and fused workflows.',
  },
  {
    name: 'repair',
    description: 'Finds why a step failed, tries the fix aside, and proposes it on a branch.',
  },
  {
    name: 'policy',
    description:
      'Explains what policies refused; tells of rules nothing asks, red tests, and drift from what is in force.',
  },
  {
    name: 'mod',
    description:
      'Holds commits, issues, pull requests and comments against the words policy.profanity denies.',
  },
  {
    name: 'audit',
    description:
      'Verifies the ledger and looks over permissions, keys, tokens and bots by the clock; reports what changed.',
  },
] as const;
