/** A function plugin: one function of its own, as a step of workflows and as a bot. */
import type { Scaffold } from './index.ts';

export const functionScaffold: Scaffold = {
  bit: { steps: 'steps.js', bots: 'bots.js', capabilities: ['tree:read'] },
  scripts: {
    build: 'node --check function.js && node --check steps.js && node --check bots.js',
    test: 'node --test',
  },
  files: ({ name, base }) => ({
    'function.js': `/** Lines by file, the longest first. Plain JavaScript: whoever uses it, it is tested by itself. */
export function countLines(texts) {
  return Object.entries(texts)
    .map(([path, text]) => ({ path, lines: text === '' ? 0 : text.trimEnd().split('\\n').length }))
    .sort((a, b) => b.lines - a.lines || (a.path < b.path ? -1 : 1));
}
`,
    'steps.js': `import { countLines } from './function.js';

/** \`uses: plugin:${name}#${base}\` of a workflow in .bithub/workflows. */
export const steps = [
  {
    name: '${base}',
    description: 'Counts the lines of files and fails where one has too many.',
    inputs: {
      files: { description: 'Which files, by a glob.', default: '**/*.js' },
      most: { description: 'Lines a file may have.', default: '500' },
    },
    async run({ files, most }, step) {
      const texts = {};
      for (const path of await step.tree.list([files])) {
        const bytes = await step.tree.read(path);
        if (bytes !== undefined) texts[path] = Buffer.from(bytes).toString('utf8');
      }
      const counted = countLines(texts);
      for (const { path, lines } of counted) step.log(\`\${lines} \${path}\`);
      step.output('files', String(counted.length));
      step.output('lines', String(counted.reduce((sum, { lines }) => sum + lines, 0)));
      const [longest] = counted;
      if (longest !== undefined && longest.lines > Number(most)) {
        step.annotate({ level: 'error', message: \`\${longest.lines} lines, \${most} allowed\`, file: longest.path });
        throw new Error(\`\${longest.path} has \${longest.lines} lines, and \${most} are allowed\`);
      }
    },
  },
];
`,
    'bots.js': `import { countLines } from './function.js';

/** \`handler: plugin:${name}#${base}\` of a manifest in .bithub/bots: bit bot deploy. */
export const bots = [
  {
    name: '${base}',
    description: 'Notes which file is the longest after each commit.',
    on: [{ event: 'ledger', kinds: ['COMMIT'] }],
    capabilities: ['tree:read'],
    async handle(event, context) {
      const texts = {};
      for (const path of await context.tree.list('**/*.js')) texts[path] = (await context.tree.read(path)) ?? '';
      const [longest] = countLines(texts);
      if (longest === undefined) return;
      await context.state.set('longest', longest);
      context.log(\`after \${event.id}: \${longest.path} is the longest with \${longest.lines} lines\`);
    },
  },
];
`,
    'test/function.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bots } from '../bots.js';
import { countLines } from '../function.js';
import { steps } from '../steps.js';

const FILES = { 'a.js': 'one\\ntwo\\n', 'b.js': 'one\\n', 'c.js': '' };

test('lines are counted, the longest file first', () => {
  assert.deepEqual(countLines(FILES), [
    { path: 'a.js', lines: 2 },
    { path: 'b.js', lines: 1 },
    { path: 'c.js', lines: 0 },
  ]);
});

test('the step puts out what it counted, and fails past the limit', async () => {
  const outputs = {};
  const step = {
    tree: { list: async () => Object.keys(FILES), read: async (path) => Buffer.from(FILES[path]) },
    log() {},
    annotate() {},
    output: (name, value) => void (outputs[name] = value),
  };
  await steps[0].run({ files: '*.js', most: '2' }, step);
  assert.deepEqual(outputs, { files: '3', lines: '3' });
  await assert.rejects(steps[0].run({ files: '*.js', most: '1' }, step), /a\\.js has 2 lines/);
});

test('the bot keeps the longest file', async () => {
  const kept = {};
  await bots[0].handle(
    { id: 'ledger:c/1' },
    {
      tree: { list: async () => Object.keys(FILES), read: async (path) => FILES[path] },
      state: { set: async (key, value) => void (kept[key] = value) },
      log() {},
    },
  );
  assert.deepEqual(kept, { longest: { path: 'a.js', lines: 2 } });
});
`,
    'README.md': `# ${name}

A step of workflows and a bot, both on the function in \`function.js\`.

\`\`\`
npm run build && npm test
bit ext load .            # while you write it
bit ext install .         # to keep it
\`\`\`

\`\`\`yaml
# .bithub/workflows/size.yml
on: manual
jobs:
  size:
    steps:
      - uses: plugin:${name}#${base}
        with: { files: "**/*.js", most: "400" }
\`\`\`
`,
  }),
};
