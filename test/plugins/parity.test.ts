/**
 * One plugin through every point, once as one that came with bit and once from an archive: sandboxed and trusted. What
 * it does, prints and leaves in the ledger is the same.
 */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { commandsOf, openConfig } from '../../src/cli/cold.ts';
import { host, withHost } from '../../src/cli/host.ts';
import { API_VERSION, type Plugin, POINT_NAMES, type Point, readPlugins } from '../../src/plugins/index.ts';
import { sandboxFault } from '../../src/workflow/index.ts';
import { suite } from '../suite.ts';
import { commandTable, INSTALLATION, type World, world } from '../world.ts';
import { entriesOf, type Files, GREET_FILES, packPlugin } from './fixture.ts';
import { shelf as openShelf, type Shelf } from './shelf.ts';

const NAME = '@acme/whole';
const CAPABILITIES = ['git.read', 'git.write', 'action:greet.mark', 'tree:read'];

const modules = (port: number): Files => ({
  ...GREET_FILES,
  'macros/begin.bit':
    '#: summary: Begin.\n#: args:\n#:   topic: {}\nbranch new topic/$topic\ntag new began-$topic\n',
  'listeners.js': `import { count } from '@bithub/cli';
export const listeners = [{
  name: 'acme.count', description: 'Counts.', on: 'outcome', events: ['BRANCH_NEW'],
  handle(event, out) { out.line(count(1, 'branch', 'branches') + ': ' + event.summary); },
}];`,
  'steps.js': `import { count } from '@bithub/cli';
export const steps = [{
  name: 'lines', description: 'Counts lines.', inputs: { file: { required: true } },
  async run({ file }, step) {
    const text = Buffer.from(await step.tree.read(file)).toString();
    step.log('read ' + file);
    step.output('told', count(text.split('\\n').length - 1, 'line'));
  },
}];`,
  'fixers.js': `export const fixers = [{
  name: 'missing-word', title: 'A word is missing.',
  async detect(failure, bench) {
    if (!failure.log.includes('no word')) return [];
    const text = Buffer.from(await bench.read('a.txt')).toString();
    return [{ fixer: 'missing-word', cause: 'the word is missing', evidence: [{ file: 'a.txt', text: 'no word' }],
      confidence: 0.9, changes: [{ path: 'a.txt', content: Buffer.from(text + 'word\\n') }], advice: null }];
  },
}];`,
  'bots.js': `export const bots = [{
  name: 'tagger', description: 'Tags.', on: [{ event: 'git', kinds: ['commit'] }], capabilities: ['repo:tag', 'tree:read'],
  async handle(event, context) {
    const text = await context.tree.read('a.txt');
    const { status } = await context.bit(['tag', 'new', 'seen']);
    context.log('tagged ' + text.trim() + ' ' + status);
  },
}];`,
  'anchors.js': `import { count } from '@bithub/cli';
export const anchors = [{
  name: 'slate', description: 'A slate.', options: { corner: { default: 'left' } },
  submit: async ({ sha256 }, { options }) => ({ proof: { sha256, at: options.corner }, said: 'on ' + count(1, 'slate') }),
  check: async ({ sha256, proof }) => proof.sha256 === sha256
    ? { verdict: 'holds', detail: 'written ' + proof.at } : { verdict: 'broken', detail: 'another' },
}];`,
  'builtins.js': `export const builtins = [{
  name: 'words', description: 'Counts words.', args: [{ name: 'text', type: 'string' }], result: 'number',
  call: (text) => text.split('-').length,
}];`,
  'storage.js': `import { BitError } from '@bithub/cli';
export const storage = [{
  name: 'shelf', description: 'A shelf.', scheme: 'shelf',
  open({ fetch }) {
    const ask = async (kind, uri, options) => {
      const { status, body } = await fetch('http://127.0.0.1:${port}/' + kind + '/' + encodeURIComponent(uri), options);
      if (status === 404) throw new BitError('not-found', 'there is no ' + uri);
      return body;
    };
    const told = async (kind, uri) => JSON.parse(Buffer.from(await ask(kind, uri)).toString());
    return {
      scheme: () => 'shelf',
      read: (uri) => ask('kept', uri),
      write: async (uri, bytes) => void (await ask('kept', uri, { method: 'PUT', body: bytes })),
      stat: (uri) => told('facts', uri),
      list: (prefix) => told('list', prefix),
    };
  },
}];`,
});

/** Where each point's export lies; the members of `bit` in package.json. */
const POINT_FILES: Readonly<Record<Point, string>> = {
  anchors: 'anchors.js',
  bots: 'bots.js',
  builtins: 'builtins.js',
  fixers: 'fixers.js',
  steps: 'steps.js',
  storage: 'storage.js',
};

const BIT = {
  api: API_VERSION,
  commands: 'commands',
  macros: 'macros',
  listeners: 'listeners.js',
  ...POINT_FILES,
};

interface At {
  readonly place: World;
  /** What is kept at the server the plugin's storage speaks with. */
  readonly kept: Map<string, Buffer>;
  /** How a manifest of a bot names the plugin's. */
  readonly handler: string;
  /** What comes with this bit. */
  readonly bundled: readonly Plugin[];
}

/** What oclif's help is made from, of commands and topics that are not the core's. */
async function helpIn({ env }: World, bundled: readonly Plugin[]): Promise<unknown> {
  const installation = { ...INSTALLATION, table: commandTable(), bundled };
  const io = { ...host().io, env };
  const config = await withHost({ io, installation }, () => openConfig({ root: INSTALLATION.root }));
  return [
    [...commandsOf(config)].flatMap(([id, { summary, description, args, flags, strict }]) =>
      /^(?:greet|begin)/.test(id) ? [{ id, summary, description, args, flags, strict }] : [],
    ),
    config.topics.map(({ name }) => name).filter((name) => name.startsWith('greet')),
  ];
}

/** What can be seen of it; nothing that names a moment, a place or an object. */
type Seen = Promise<unknown>;

async function ok(place: World, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await place.bit(...words);
  assert.is(code, 0, `bit ${words.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

async function phases(place: World, ...events: readonly string[]): Promise<readonly string[]> {
  const told: string[] = [];
  for (const name of events)
    for (const { event, phase } of await entriesOf(place, name)) told.push(`${event} ${phase}`);
  return told;
}

const POINTS: Readonly<Record<Point, (at: At) => Seen>> = {
  async steps({ place }) {
    place.write(
      '.bithub/workflows/w.yml',
      `on: manual\njobs:\n  one:\n    steps:\n      - id: it\n        uses: plugin:${NAME}#lines\n        with: { file: a.txt }\n      - run: echo "told \${{ steps.it.outputs.told }}" > told.txt\n`,
    );
    await ok(place, 'run', 'w');
    return place.read('told.txt');
  },
  async fixers({ place }) {
    if (sandboxFault() !== undefined) return 'no trials here';
    place.write(
      '.bithub/workflows/f.yml',
      'on: manual\njobs:\n  one:\n    steps:\n      - run: grep word a.txt || { echo no word; exit 1; }\n',
    );
    place.git('add', '.');
    place.git('commit', '-q', '-m', 'a workflow');
    assert.is((await place.bit('run', 'f')).code, 1);
    const out = JSON.parse(await ok(place, 'bot', 'autofix', 'workflow', '--apply', '--json')) as {
      applied: { branch: string };
      steps: { candidates: { fixer: string; cause: string; verdict: { kind: string } }[] }[];
    };
    const [candidate] = out.steps[0]?.candidates ?? [];
    return [
      candidate?.fixer,
      candidate?.cause,
      candidate?.verdict.kind,
      out.applied.branch,
      place.git('show', `${out.applied.branch}:a.txt`),
      await phases(place, 'BOT_AUTOFIX', 'COMMIT'),
    ];
  },
  async bots({ place, handler }) {
    place.write(
      '.bithub/bots/t.yml',
      `name: t\nhandler: ${handler}\non: [{ git: commit }]\ncapabilities: [repo:tag, tree:read]\n`,
    );
    await ok(place, 'bot', 'deploy', 't', '--yes');
    place.git('commit', '-q', '--allow-empty', '-m', 'event');
    const host = await ok(place, 'bot', 'run', '--once');
    const log = await ok(place, 'bot', 'query', 'logs', 't');
    const said = /tagged \w+ \d+/.exec(log)?.[0];
    return [/\d+ events? handled/.exec(host)?.[0], said, place.git('tag'), await phases(place, 'TAG_NEW')];
  },
  async anchors({ place }) {
    const entry = { driver: `plugin:${NAME}#slate`, corner: 'right' };
    place.write('.bithub.yml', JSON.stringify({ ledger: { anchors: { slate: entry } } }));
    await ok(place, 'branch', 'new', 'topic');
    const { anchored } = JSON.parse(await ok(place, 'ledger', 'anchor', 'add', '--json')) as {
      anchored: { anchor: string; place: string; said: string }[];
    };
    const { checks } = JSON.parse(await ok(place, 'ledger', 'anchor', 'check', '--json')) as {
      checks: { anchor: string; verdict: string; detail: string }[];
    };
    return [
      anchored.map((row) => [row.anchor, row.place, row.said]),
      checks.map((row) => [row.anchor, row.verdict, row.detail]),
    ];
  },
  // only what is trusted has a part in the gate: from an archive it is sandboxed until somebody says so
  async builtins({ place, handler }) {
    if (!handler.startsWith('bundled:')) await ok(place, 'ext', 'trust', NAME, '--yes');
    place.write(
      '.bithub/policies/p.rego',
      'package p\n\ndeny contains "too long" if {\n\tinput.action == "repo.branch"\n\tplugin.acme_whole.words(input.target.branch) > 2\n}\n',
    );
    await ok(place, 'policy', 'accept', '--yes');
    await ok(place, 'branch', 'new', 'one-two');
    const { code, stderr } = await place.bit('branch', 'new', 'one-two-three');
    return [code, stderr.includes('too long'), await phases(place, 'BRANCH_NEW')];
  },
  async storage({ place, kept }) {
    kept.clear();
    const said = await ok(place, 'cache', 'want', 'shelf://cache/team');
    const withoutIds = (text: string): string => text.replace(/[0-9a-zA-Z]{16,}/g, '#');
    return [withoutIds(said), [...kept.keys()].map(withoutIds)];
  },
};

const ROWS: Readonly<Record<string, (at: At) => Seen>> = {
  async 'a query'({ place }) {
    const { text, ref } = JSON.parse(await ok(place, 'greet', 'hello', 'Ada', '--loud', '--json')) as {
      text: string;
      ref: string;
    };
    return [await ok(place, 'greet', 'hello'), text, ref, await phases(place, 'GREET_HELLO')];
  },
  async 'an action'({ place }) {
    const dry = await ok(place, 'greet', 'mark', 'v1', '--dry-run');
    const said = await ok(place, 'greet', 'mark', 'v1');
    const made = place.git('branch', '--list', 'v1').trim();
    await ok(place, 'undo', '--yes');
    return [dry, said, made, place.git('branch', '--list', 'v1'), await phases(place, 'GREET_MARK')];
  },
  async 'a macro'({ place }) {
    const said = await ok(place, 'begin', 'it');
    const made = [place.git('branch', '--format=%(refname:short)'), place.git('tag')];
    await ok(place, 'undo', '--yes');
    return [said, made, place.git('tag'), await phases(place, 'MACRO_RUN', 'BRANCH_NEW', 'TAG_NEW')];
  },
  async 'commands that help and completion know'({ place, bundled }) {
    const script = await ok(place, 'completion', 'bash');
    const [commands] = (await helpIn(place, bundled)) as [unknown[]];
    if (commands.length < 3) throw new Error('help knows none of its commands');
    if (!script.includes('begin') || !script.includes('greet')) throw new Error('completion knows none');
    return [script.split('\n').sort(), await helpIn(place, bundled)];
  },
  async 'a listener'({ place }) {
    await ok(place, 'branch', 'new', 'first');
    const off = (await place.bit('branch', 'new', 'a')).stderr;
    await ok(place, 'listener', 'enable', 'acme.count');
    const on = (await place.bit('branch', 'new', 'b')).stderr;
    return [off, on.replace(/[0-9a-f]{10,}/, '#')];
  },
  ...POINTS,
};

type Way = 'bundled' | 'sandboxed' | 'trusted';

/** The plugin as its package's archive, in a folder of the world. */
function packed(place: World, { port }: Shelf): string {
  const capabilities = [...CAPABILITIES, `network:127.0.0.1:${port}`];
  const manifest = { name: NAME, description: 'All of it.', bit: { ...BIT, capabilities } };
  return packPlugin(join(place.root, 'whole'), manifest, modules(port));
}

interface Ground {
  readonly home: World;
  readonly shelf: Shelf;
  /** The plugin as if it had come with bit. */
  readonly bundled: Plugin;
}

async function seen(row: (at: At) => Seen, way: Way, { bundled, shelf }: Ground): Promise<unknown> {
  const place = world(way === 'bundled' ? { bundled: [bundled] } : {});
  try {
    place.start();
    if (way !== 'bundled')
      await ok(
        place,
        'ext',
        'install',
        packed(place, shelf),
        '--yes',
        ...(way === 'trusted' ? ['--trust'] : []),
      );
    const handler = way === 'bundled' ? 'bundled:tagger' : `plugin:${NAME}#tagger`;
    const own = way === 'bundled' ? [bundled] : [];
    return await row({ place, handler, kept: shelf.kept, bundled: own });
  } finally {
    place.close();
  }
}

suite<{ ground: Ground }>('a plugin that came with bit and one from an archive', (test) => {
  test.before(async (context) => {
    const home = world();
    const shelf = await openShelf();
    home.start();
    await ok(home, 'ext', 'install', packed(home, shelf), '--yes');
    const [plugin] = readPlugins(join(home.root, 'data', 'bit'));
    if (plugin === undefined) throw new Error('it is not installed');
    const directory = realpathSync(plugin.directory);
    const bundled = { ...plugin, directory, source: 'bundled', integrity: '', bundled: true };
    context.ground = { home, shelf, bundled };
  });
  test.after(({ ground }) => {
    ground.shelf.server.close();
    ground.home.close();
  });

  test('are compared at every point there is', () => {
    assert.equal(Object.keys(POINTS).sort(), [...POINT_NAMES].sort());
  });

  for (const [name, row] of Object.entries(ROWS))
    test(`do the same as ${name}, in a sandbox and trusted`, async ({ ground }) => {
      const wanted = await seen(row, 'bundled', ground);
      for (const way of ['sandboxed', 'trusted'] as const)
        assert.equal(await seen(row, way, ground), wanted, way);
    });

  test('are known to help by their table where one that came with bit has nothing written beside it', async ({
    ground: { bundled },
  }) => {
    const place = world();
    try {
      const bare = { ...bundled, directory: join(place.root, 'nowhere') };
      const [commands, topics] = (await helpIn(place, [bare])) as [
        { id: string; summary: string }[],
        string[],
      ];
      assert.equal(commands.map(({ id, summary }) => `${id}: ${summary}`).sort(), [
        'begin: Begin.',
        'greet:hello: All of it.',
        'greet:mark: All of it.',
      ]);
      assert.ok(topics.includes('greet'));
    } finally {
      place.close();
    }
  });

  test('differ in nothing but where they came from, and in whose word trusts them', async ({
    ground: { bundled, shelf },
  }) => {
    const place = world({ bundled: [bundled] });
    const other = world();
    try {
      for (const one of [place, other]) one.start();
      await ok(other, 'ext', 'install', packed(other, shelf), '--yes');
      const told = async (at: World): Promise<Record<string, unknown>> => {
        const { plugins } = JSON.parse(await ok(at, 'ext', 'list', '--json')) as {
          plugins: Record<string, unknown>[];
        };
        return plugins.find((plugin) => plugin['name'] === NAME) ?? {};
      };
      const [own, installed] = [await told(place), await told(other)];
      const differs = Object.keys(own).filter(
        (key) => JSON.stringify(own[key]) !== JSON.stringify(installed[key]),
      );
      assert.equal(differs.sort(), ['bundled', 'integrity', 'source', 'trusted']);
    } finally {
      place.close();
      other.close();
    }
  });
});
