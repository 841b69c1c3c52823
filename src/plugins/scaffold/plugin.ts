/** A plugin: a query, an action, a listener, a bot, and in files of their own storage, an anchor and a builtin. */
import { broughtFiles } from './brought.ts';
import type { Scaffold } from './index.ts';

export const pluginScaffold: Scaffold = {
  bit: {
    commands: 'commands',
    listeners: 'listeners.js',
    bots: 'bots.js',
    storage: 'storage.js',
    anchors: 'anchors.js',
    builtins: 'builtins.js',
    capabilities: ['git.read', 'git.write', 'network:shelf.example.org'],
  },
  actions: ({ base }) => [`${base}.mark`],
  scripts: {
    build: ['marks', 'listeners', 'bots', 'storage', 'anchors', 'builtins']
      .map((name) => `node --check ${name}.js`)
      .join(' && '),
    test: 'node --test',
  },
  files: ({ base }) => ({
    ...broughtFiles(base),
    [`commands/${base}/next.js`]: `import { Flags, Query } from '@bithub/cli';
import { nextMark } from '../../marks.js';

export default class Next extends Query {
  static summary = 'Tell the next mark.';
  static examples = ['<%= config.bin %> ${base} next', '<%= config.bin %> ${base} next --by 10'];
  static flags = { by: Flags.integer({ description: 'How far to count on.', default: 1, min: 1 }) };

  async execute(reader, { flags }) {
    const tags = await reader.git.refs(['refs/tags/mark-']);
    return { mark: nextMark(tags.map((tag) => tag.name.slice('refs/tags/'.length)), flags.by) };
  }

  render(out, page) {
    page.line(out.mark);
  }
}
`,
    [`commands/${base}/mark.js`]: `import { action } from '@bithub/cli';
import { nextMark } from '../../marks.js';

export default class Mark extends action({ action: '${base}.mark', event: '${base.toUpperCase().replaceAll('-', '_')}_MARK' }) {
  static summary = 'Tag HEAD with the next mark.';
  static examples = ['<%= config.bin %> ${base} mark', '<%= config.bin %> ${base} mark --dry-run'];

  async effect(reader) {
    const tags = await reader.git.refs(['refs/tags/mark-']);
    const mark = nextMark(tags.map((tag) => tag.name.slice('refs/tags/'.length)), 1);
    const head = await reader.git.resolve('HEAD', 'commit');
    return {
      summary: \`mark \${mark}\`,
      target: { mark },
      plan: [\`tag \${head.slice(0, 10)} as \${mark}\`],
      touches: { refs: [\`refs/tags/\${mark}\`] },
      async run(writer) {
        await writer.git.createTag(mark, head, { message: mark });
        return { mark };
      },
      record: (out) => ({ mark: out.mark }),
    };
  }

  render(out, page) {
    page.line(\`Marked \${out.mark}\`);
  }
}
`,
    'marks.js': `/** The mark after those there are: \`mark-3\`. */
export function nextMark(tags, by) {
  const numbers = tags.flatMap((tag) => {
    const [, digits] = /^mark-(\\d{1,9})$/.exec(tag) ?? [];
    return digits === undefined ? [] : [Number(digits)];
  });
  return \`mark-\${Math.max(0, ...numbers) + by}\`;
}
`,
    'listeners.js': `/** Hears of operations once they are done: bit listener enable ${base}.told. */
export const listeners = [
  {
    name: '${base}.told',
    description: 'Says what was marked.',
    on: 'outcome',
    events: ['${base.toUpperCase().replaceAll('-', '_')}_MARK'],
    handle(event, out) {
      if (event.ok) out.line(\`${base}: \${event.summary}\`);
    },
  },
];
`,
    'bots.js': `/** \`bit bot deploy\` puts one of them to work; what it may do is its own token's. */
export const bots = [
  {
    name: '${base}',
    description: 'Marks what a workflow found good.',
    on: [{ event: 'workflow', kinds: ['finished'] }],
    capabilities: ['${base}:mark'],
    async handle(event, context) {
      const { status } = await context.bit(['${base}', 'mark']);
      context.log(status === 0 ? \`marked after \${event.id}\` : \`not marked: status \${status}\`);
    },
  },
];
`,
    'test/marks.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bots } from '../bots.js';
import { listeners } from '../listeners.js';
import { nextMark } from '../marks.js';

test('the next mark follows the highest', () => {
  assert.equal(nextMark([], 1), 'mark-1');
  assert.equal(nextMark(['mark-2', 'mark-10', 'v1.0.0', 'mark-x'], 1), 'mark-11');
  assert.equal(nextMark(['mark-2'], 5), 'mark-7');
});

test('the listener tells of what succeeded alone', () => {
  const lines = [];
  const out = { line: (text) => lines.push(text) };
  listeners[0].handle({ ok: true, summary: 'mark mark-1' }, out);
  listeners[0].handle({ ok: false, summary: 'mark mark-2' }, out);
  assert.deepEqual(lines, ['${base}: mark mark-1']);
});

test('the bot runs the command and says how it went', async () => {
  const ran = [];
  const logged = [];
  const bit = async (words) => ({ status: ran.push(words) === 1 ? 0 : 3 });
  for (let at = 0; at < 2; at++) await bots[0].handle({ id: 'workflow:r/1' }, { bit, log: (line) => logged.push(line) });
  assert.deepEqual(ran, [['${base}', 'mark'], ['${base}', 'mark']]);
  assert.deepEqual(logged, ['marked after workflow:r/1', 'not marked: status 3']);
});
`,
    'README.md': `# ${base}

\`\`\`
npm run build && npm test
bit ext load .            # while you write it
bit ext install .         # to keep it
bit ${base} next
bit ${base} mark
bit undo
\`\`\`

\`commands/\`: every file is a command. \`listeners.js\`: hears of what was done (\`bit listener enable ${base}.told\`).
\`bots.js\`: what \`bit bot deploy\` can put to work. \`storage.js\`: keeps artifacts of \`x-${base}://\` at a server.
\`anchors.js\`: has a server remember the ledger's checkpoints (\`driver: 'plugin:<package>#${base}'\`). \`builtins.js\`: a
function policies call, once the plugin is trusted. Name your own server in them, and in \`capabilities\`.
`,
  }),
};
