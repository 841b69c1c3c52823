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
}): readonly Plugin[] {
  const { root, version, development } = options;
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
  ];
}

/** Each in a folder of its own. Their processes read that, and `bit`'s own code. */
const BOTS = [
  { name: 'planner', description: 'Foresees runs by their history, and proposes what makes them shorter.' },
  {
    name: 'repair',
    description: 'Finds why a step failed, tries the fix aside, and proposes it on a branch.',
  },
  {
    name: 'policy',
    description: 'Explains what policies refused, and tells of drift from what is in force.',
  },
  { name: 'mod', description: 'Holds commits, issues and pull requests against the words that are denied.' },
  { name: 'audit', description: 'Signed reports by the clock, each with what changed since the last.' },
] as const;
