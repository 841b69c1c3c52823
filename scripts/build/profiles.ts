/** Command lines that the build runs, to see what they reach and to keep what V8 compiled for them. */

/** Any of these; the caches of whatever has none of its own. */
export const COMMANDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  query: [
    ['--version'],
    ['branch', 'list'],
    ['branch', 'list', '--json'],
    ['status'],
    ['log', '-n', '3'],
    ['diff'],
    ['branch', 'lst'],
  ],
  action: [
    ['commit', '-m', 'warm', '--stage', '*'],
    ['branch', 'new', 'warm'],
    ['tag', 'new', 'warm'],
    ['branch', 'delete', 'no-such', '--json'],
  ],
};

interface Profile {
  /** First words of a command line that make it one of these. */
  readonly words: readonly string[];
  readonly runs: readonly (readonly string[])[];
  /** There is something in the index that isn't committed. */
  readonly staged?: boolean;
  /** Files written, and commands run in a process before, whose code is not kept; then nothing changes any more. */
  readonly before?: { readonly files: Readonly<Record<string, string>>; readonly runs: Profile['runs'] };
}

/** A plugin of one query, by path. */
function pluginFiles(name: string): Readonly<Record<string, string>> {
  const about = {
    name,
    version: '1.0.0',
    type: 'module',
    bit: { commands: 'commands', capabilities: ['git.read'] },
  };
  return {
    [`${name}/package.json`]: JSON.stringify(about),
    [`${name}/commands/${name}/here.js`]: `import { Query } from '@bithub/cli';
export default class Here extends Query {
  static summary = 'Tell the branch.';
  async execute(reader) { return { ref: (await reader.git.head()).ref }; }
  render(out, page) { page.line(out.ref); }
}
`,
  };
}

/**
 * Commands that people start all day, each with caches of what it alone runs: V8 takes in a cache whole, and all of
 * them together are three times what one of them needs.
 */
export const PROFILES: Readonly<Record<string, Profile>> = {
  version: { words: ['--version', '-V', 'version'], runs: [['--version']] },
  'branch-list': { words: ['branch', 'branch list'], runs: [['branch', 'list']] },
  status: { words: ['status'], runs: [['status']] },
  log: { words: ['log'], runs: [['log', '-n', '3']] },
  diff: { words: ['diff'], runs: [['diff']] },
  commit: { words: ['commit'], runs: [['commit', '-m', 'more']], staged: true },
  'branch-new': { words: ['branch new'], runs: [['branch', 'new', 'more']] },
  'branch-switch': { words: ['branch switch', 'switch'], runs: [['branch', 'switch', 'more']] },
  build: {
    words: ['build', 'build incremental'],
    before: {
      files: { 'package.json': '{"name":"warm","scripts":{"build":"true"}}' },
      runs: [['build'], ['build'], ['build']],
    },
    runs: [['build']],
  },
  // by no word of their own: bin/bundle.js
  plugin: {
    words: ['plugin'],
    before: {
      files: { ...pluginFiles('warm-sandboxed'), ...pluginFiles('warm-trusted') },
      runs: [
        ['plugins', 'install', './warm-sandboxed', '--yes'],
        ['plugins', 'install', './warm-trusted', '--yes', '--trust'],
      ],
    },
    runs: [
      ['warm-sandboxed', 'here'],
      ['warm-trusted', 'here'],
    ],
  },
  'tag-new': { words: ['tag new'], runs: [['tag', 'new', 'more', '-m', 'more']] },
};

/** The profile of bin/plugin-child.js, which asks for it by this word. */
export const PLUGIN_CHILD = 'plugin-child';

/** The profile of bin/mesh-job.js, which asks for it by this word. */
export const MESH_JOB = 'mesh-job';

/** Profiles by those words, as the program looks them up. */
export function profiles(): Record<string, string> {
  return Object.fromEntries([
    ...Object.entries(PROFILES).flatMap(([name, { words }]) => words.map((word) => [word, name])),
    [PLUGIN_CHILD, PLUGIN_CHILD],
    [MESH_JOB, MESH_JOB],
  ]);
}
