/**
 * How each command is run by the test that walks the manifest. Most need no row: the first of a command's own examples
 * runs on the ground as it is. A row says what must be there first, or which words to give instead.
 */
import { chmodSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Github, github, issueOf } from '../github/server.ts';
import { addImage, engineStore } from '../image/ground.ts';
import type { MeshGround } from '../mesh/controller/ground.ts';
import { CANCELLED, controllerHere, DONE, WAITING } from '../mesh/controller/here.ts';
import { packPlugin } from '../plugins/fixture.ts';
import type { World } from '../world.ts';

export interface Situation {
  /** Which of the examples, from 0; the first where nothing is said. */
  readonly example?: number;
  /** Words instead of an example, for what depends on ids that differ from run to run. */
  readonly words?: (place: World) => readonly string[] | Promise<readonly string[]>;
  /** Run before, with whatever it takes. */
  readonly prepare?: (place: World) => void | Promise<void>;
  /** Run at the end, whatever became of it. */
  readonly end?: (place: World) => void | Promise<void>;
  /** What it reads from standard input. */
  readonly input?: string;
  /** Folder below the world's root to run in; the ground's repository where nothing is said. */
  readonly at?: string;
}

/** `bit`, of which success is expected; its `--json` answer. */
async function bit(place: World, ...words: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await place.bit(...words, '--json');
  if (code !== 0) throw new Error(`bit ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function commits(place: World, count: number): Promise<string[]> {
  const operations: string[] = [];
  for (let n = 1; n <= count; n++) {
    place.write('README.md', `commit ${n}\n`);
    const { operation } = await bit(place, 'commit', 'README.md', '-m', `commit ${n}`);
    operations.push((operation as { id: string }).id);
  }
  return operations;
}

/** On the first issue of a GitHub of its own. */
function atGithub(verb: string, ...words: readonly string[]): Situation {
  const open = new Map<World, Github>();
  return {
    async prepare(place) {
      const server = await github(issueOf({ number: 7 }).answers);
      open.set(place, server);
      Object.assign(place.env, { GH_TOKEN: 'ghp_credential', BIT_GITHUB_API: server.url });
    },
    words: () => ['issue', verb, '7', ...words, '--repo', 'octo/hello'],
    async end(place) {
      await open.get(place)?.close();
      open.delete(place);
    },
  };
}

function githubWorkflow(place: World): void {
  const steps = '      - uses: actions/checkout@v4\n      - run: echo $GITHUB_SHA\n';
  place.write(
    '.github/workflows/ci.yml',
    `on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n${steps}`,
  );
}

function stage(place: World): void {
  place.write('src/main.ts', 'staged\n');
  place.git('add', 'src/main.ts');
}

function nightly(place: World): void {
  place.write('nightly.sh', '#!/bin/sh\n');
  chmodSync(join(place.dir, 'nightly.sh'), 0o755);
}

function nightlyWorkflow(place: World): void {
  place.write('.bithub/workflows/nightly.yml', 'jobs:\n  main:\n    steps:\n      - run: echo done\n');
}

async function commitTrigger(place: World): Promise<void> {
  nightly(place);
  await bit(place, 'trigger', 'on', 'commit', 'nightly.sh');
}

function deployable(place: World): void {
  const targets = "deploy:\n  targets:\n    staging:\n      command: 'true'\n";
  place.write('.bithub.yml', `apiVersion: bithub/v1\nkind: OrchestrationSpec\n${targets}`);
}

/** A plugin of one command, in a folder that git doesn't track. */
/** Writes a plugin's folder `my-plugin`, and the archive of it, whose path it returns. */
function pluginHere(place: World): string {
  const greet = `import { Query } from '@bithub/cli';
export default class Greet extends Query {
  static summary = 'Greet.';
  async execute() { return { greeting: 'hello' }; }
  render(out, page) { page.line(out.greeting); }
}
`;
  const manifest = { name: 'my-plugin', bit: { commands: 'commands' } };
  return packPlugin(join(place.dir, 'my-plugin'), manifest, { 'commands/greet.js': greet });
}

async function installPlugin(place: World): Promise<void> {
  await bit(place, 'ext', 'install', pluginHere(place), '--yes');
}

async function mint(place: World, file: string, capability = 'repo:commit'): Promise<void> {
  await bit(place, 'token', 'mint', '--cap', capability, '--for', 'ci', '--life', '1h', '--output', file);
}

/** A contract under which tags need approval, its own maker's counted, and a tag denied by it. */
async function denied(place: World): Promise<void> {
  place.write('.bit/contract.aln', 'CONTRACT: terms\n[APPROVAL]\nACTION: repo.tag\nOWN: true\n');
  await bit(place, 'contract', 'enforce', '.bit/contract.aln');
  const { code } = await place.bit('tag', 'new', 'v9');
  if (code !== 3) throw new Error('the tag was not denied');
}

const BUILDABLE = '{"name":"ground","scripts":{"build":"mkdir -p dist && cp README.md dist"}}\n';

async function requested(place: World): Promise<string> {
  await denied(place);
  return String((await bit(place, 'approval', 'request'))['request']);
}

async function anchorAtOrigin(place: World): Promise<void> {
  place.write('.bithub.yml', 'ledger:\n  anchors:\n    mirror: { driver: git, remote: origin }\n');
  await commits(place, 1);
}

/** A bot in the tree, and its script beside the tree's other files. */
function botHere(place: World, handler = 'script:main.scm'): void {
  place.write(
    '.bithub/bots/triage.yml',
    `name: triage\nhandler: ${handler}\non: [git]\ncapabilities: [motd:add]\n`,
  );
  place.write('.bithub/bots/triage/main.scm', '(bit \'motd \'add "hello")\n');
  place.write('triage.scm', '(bit \'motd \'add "hello again")\n');
}

async function botDeployed(place: World): Promise<void> {
  botHere(place);
  await bit(place, 'bot', 'deploy', 'triage', '--yes');
}

const meshes = new WeakMap<World, MeshGround>();

/** With a controller in this process, whose address stands where a real one leaves it. */
function onMesh(...words: string[]): Situation {
  return {
    prepare: async (place) => {
      await bit(place, 'key', 'new');
      meshes.set(place, await controllerHere(join(place.dir, '.git', 'bit')));
    },
    words: () => words,
    end: async (place) => meshes.get(place)?.close(),
  };
}

export const SITUATIONS: Readonly<Record<string, Situation>> = {
  'workflow:plan': {
    words: () => ['workflow', 'plan', '--apply'],
    prepare: (place) => {
      place.write('package-lock.json', '{}\n');
      const steps = '      - uses: actions/setup-node@v4\n      - run: npm ci\n';
      place.write(
        '.github/workflows/ci.yml',
        `on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n${steps}`,
      );
    },
  },
  'audit:show': {
    prepare: async (place) => {
      await bit(place, 'audit', 'report');
    },
  },
  'bot:deploy': { prepare: (place) => botHere(place) },
  'bot:duplicate': { prepare: (place) => botHere(place) },
  'bot:script': { prepare: (place) => botHere(place) },
  'bot:receive': {
    prepare: async (place) => {
      botHere(place);
      await bit(place, 'bot', 'package-deliver', './triage.bitpkg', '--bot', 'triage');
      rmSync(join(place.dir, '.bithub/bots'), { recursive: true });
    },
  },
  'bot:link': { prepare: botDeployed },
  'bot:pause': { prepare: botDeployed },
  'bot:resume': {
    prepare: async (place) => {
      await botDeployed(place);
      await bit(place, 'bot', 'pause', 'triage');
    },
  },
  'bot:reroute': {
    prepare: async (place) => {
      await botDeployed(place);
      await bit(place, 'bot', 'duplicate', 'triage', 'night-triage');
      await bit(place, 'bot', 'deploy', 'night-triage', '--yes');
    },
  },
  'bot:run': { prepare: botDeployed },
  'bot:secure:shield': {
    async prepare(place) {
      await botDeployed(place);
      await commits(place, 1);
      await bit(place, 'bot', 'run', '--once');
    },
  },
  'bot:update': {
    prepare: async (place) => {
      await botDeployed(place);
      place.write('.bithub/bots/triage/main.scm', '(bit \'motd \'add "changed")\n');
    },
  },
  'runner:start': {
    prepare: async (place) => {
      place.write('.bit/runner.manifest.yml', 'runner: { id: aln://runner/ground }\n');
      place.write('.bit/mesh/config.yml', 'mesh: { discovery: { mdns: false } }\n');
      await bit(place, 'commit', '--stage', '.bit/**', '-m', 'a runner');
    },
  },
  'mesh:serve': { words: () => ['mesh', 'serve', '--listen', '127.0.0.1:0', '--idle', '0', '--no-announce'] },
  mesh: onMesh('mesh'),
  'mesh:status': onMesh('mesh', 'status'),
  'mesh:peers': onMesh('mesh', 'peers'),
  'mesh:top': onMesh('mesh', 'top', '--count', '2', '--interval', '0.1'),
  'mesh:drain': onMesh('mesh', 'drain', '--all'),
  job: onMesh('job'),
  'job:list': onMesh('job', 'list'),
  'job:watch': onMesh('job', 'watch', DONE),
  'job:logs': onMesh('job', 'logs', DONE),
  'job:submit': onMesh('job', 'submit', '--require', 'test', 'npm'),
  'job:cancel': onMesh('job', 'cancel', WAITING),
  'job:retry': onMesh('job', 'retry', CANCELLED),
  // the credential may be of this repository's secrets
  'token:github': {
    words: () => ['token', 'github'],
    prepare: async (place) =>
      void (await place.bitWith({ input: 'hush-hush\n' }, 'secret', 'set', 'GITHUB_TOKEN')),
  },
  'approval:deny': { words: async (place) => ['approval', 'deny', await requested(place)] },
  'approval:grant': { words: async (place) => ['approval', 'grant', await requested(place)] },
  'approval:request': { prepare: denied },
  'branch:delete': { prepare: (place) => void place.git('merge', '-q', 'topic') },
  'branch:new': { prepare: (place) => void place.git('branch', '-q', '-D', 'topic') },
  'branch:switch': { prepare: (place) => void place.git('switch', '-q', 'topic') },
  build: { prepare: (place) => place.write('package.json', BUILDABLE) },
  // without --print it opens a browser
  browse: {
    example: 2,
    prepare: (place) => void place.git('remote', 'set-url', 'origin', 'https://github.com/octocat/hello.git'),
  },
  // the first only looks
  check: {
    example: 1,
    prepare: (place) => {
      const programs = join(import.meta.dirname, '..', '..', 'node_modules', '.bin');
      Object.assign(place.env, { PATH: `${programs}${delimiter}${place.env['PATH']}` });
      // the ground's own files are TypeScript by name alone
      place.write('biome.json', '{ "files": { "includes": ["src/main.js"] } }\n');
      place.write('src/main.js', 'const   a=1\n');
    },
  },
  // the first is one for the shell
  completion: { words: () => ['completion', 'bash'] },
  // the others leave this machine
  clone: { example: 2 },
  fork: { example: 1 },
  commit: { prepare: stage },
  'contract:enforce': {
    prepare: (place) => place.write('.bit/contract.aln', 'CONTRACT: terms\nPRIVACY: no_data_mining\n'),
  },
  'image:build': {
    words: () => ['image', 'build', '--test-command', '/bin/busybox true'],
    prepare: (place) => {
      Object.assign(place.env, engineStore(place));
      addImage(place, '.', 'FROM scratch\nCOPY busybox /bin/busybox\n');
    },
  },
  'schedule:add': { words: () => ['schedule', 'add', 'nightly.sh', '30 2 * * 1-5'], prepare: nightly },
  'schedule:remove': {
    words: () => ['schedule', 'remove', 'nightly'],
    prepare: async (place) => {
      nightly(place);
      await bit(place, 'schedule', 'add', 'nightly.sh', '@daily');
    },
  },
  'trigger:on': { words: () => ['trigger', 'on', 'commit', 'nightly.sh'], prepare: nightly },
  'trigger:if': { words: () => ['trigger', 'if', "event.branch == 'main'", 'nightly.sh'], prepare: nightly },
  'trigger:remove': {
    words: () => ['trigger', 'remove', 'commit-nightly'],
    prepare: commitTrigger,
  },
  'trigger:run': { prepare: commitTrigger },
  'trigger:fire': {
    prepare: async (place) => {
      await commitTrigger(place);
      // nothing runs, whose lines would come before the answer
      rmSync(join(place.dir, 'nightly.sh'));
      const event = `commit\t\t\n${place.git('rev-parse', 'HEAD')}\nrefs/heads/main\n`;
      place.write('.git/bit/triggers/spool/1-1-commit.event', event);
    },
  },
  deploy: {
    prepare: async (place) => {
      deployable(place);
      await commits(place, 1);
    },
  },
  'rollback:deployment': {
    words: () => ['rollback', 'deployment', 'staging', '--yes'],
    prepare: async (place) => {
      deployable(place);
      for (const text of ['one', 'two']) {
        place.write('version.txt', text);
        place.git('add', '.');
        place.git('commit', '-q', '-m', text);
        await place.bit('deploy', 'staging');
      }
    },
  },
  'history:annotate': {
    words: async (place) => ['history', 'annotate', (await commits(place, 1))[0] ?? '', 'a note'],
  },
  'history:revert': { words: async (place) => ['history', 'revert', (await commits(place, 2))[0] ?? ''] },
  init: { at: 'empty' },
  'key:revoke': {
    words: async (place) => {
      const { key } = await bit(place, 'key', 'new');
      return ['key', 'revoke', (key as { fingerprint: string }).fingerprint];
    },
  },
  'key:use': {
    words: async (place) => {
      const { key } = await bit(place, 'key', 'new');
      return ['key', 'use', String((key as { fingerprint: string }).fingerprint)];
    },
  },
  'history:load': {
    words: () => ['history', 'load', '../exported'],
    prepare: async (place) => {
      await commits(place, 1);
      await bit(place, 'ledger', 'export', '../exported');
    },
  },
  // a copy's chain begins with its first operation
  'ledger:show': { prepare: async (place) => void (await commits(place, 1)) },
  // the first only shows what a merge would do
  merge: { example: 1 },
  'motd:rotate': { prepare: async (place) => void (await bit(place, 'motd', 'add', 'Welcome.')) },
  'motd:show': { prepare: async (place) => void (await bit(place, 'motd', 'add', 'Welcome.', '--show')) },
  'ext:distrust': {
    prepare: async (place) => {
      await bit(place, 'ext', 'install', pluginHere(place), '--trust', '--yes');
    },
  },
  'ext:install': { prepare: (place) => void pluginHere(place) },
  'ext:trust': { prepare: (place) => installPlugin(place) },
  'ext:uninstall': { prepare: (place) => installPlugin(place) },
  'ext:load': { prepare: (place) => void pluginHere(place) },
  'ext:unload': {
    prepare: async (place) => {
      pluginHere(place);
      await bit(place, 'ext', 'load', './my-plugin', '--keep', '--yes');
    },
  },
  // the first goes into a file
  'ledger:prove': {
    words: () => ['ledger', 'prove'],
    prepare: async (place) => {
      await commits(place, 1);
      await bit(place, 'ledger', 'checkpoint');
    },
  },
  'ledger:anchor:add': { prepare: anchorAtOrigin },
  'ledger:anchor:upgrade': { prepare: anchorAtOrigin },
  'ledger:push': {
    prepare: async (place) => {
      place.write(
        '.bithub.yml',
        'apiVersion: bithub/v1\nkind: OrchestrationSpec\nledger:\n  share: headers\n',
      );
      await commits(place, 1);
    },
  },
  'ledger:redact': {
    words: async (place) => {
      place.write('README.md', 'to be withheld\n');
      const { operation } = await bit(place, 'commit', 'README.md', '-m', 'to be withheld');
      return ['ledger', 'redact', (operation as { entry: string }).entry];
    },
  },
  'evolve:transform': {
    example: 1,
    prepare: (place) =>
      place.write(
        '.github/workflows/ci.yml',
        'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm ci\n',
      ),
  },
  // no file matches: the node is told nothing
  'nodes:sync': {
    prepare: (place) =>
      place.write(
        '.bithub/nodes.yml',
        'nodes:\n  - { name: a, api: "https://node.example/sync", auth: { tokenRef: env:TOKEN }, accept: ["**/*.absent"] }\n',
      ),
  },
  'security:matrix': {
    prepare: (place) =>
      place.write(
        'SECURITY.md',
        '| Version | Supported |\n| ------- | --------- |\n| 1.2.x | :white_check_mark: |\n',
      ),
  },
  'policy:explain': {
    prepare: async (place) => {
      place.write(
        '.bithub/policies/p.rego',
        'package p\n\ndeny contains "no" if { input.action == "repo.tag" }\n',
      );
      await bit(place, 'policy', 'accept', '--yes');
      await place.bit('tag', 'new', 'v9');
    },
  },
  'policy:fmt': {
    prepare: (place) =>
      place.write('.bithub/policies/p.rego', 'package p\ndeny contains "no" if {    input.action == "x" }\n'),
  },
  'secret:remove': {
    prepare: async (place) => void (await place.bitWith({ input: 'hush\n' }, 'secret', 'set', 'NPM_TOKEN')),
  },
  'secret:set': { words: () => ['secret', 'set', 'NPM_TOKEN'], input: 'hush\n' },
  'policy:eval': { prepare: (place) => place.write('input.json', '{}\n') },
  redo: {
    prepare: async (place) => {
      await commits(place, 1);
      await bit(place, 'undo');
    },
  },
  resume: {
    prepare: (place) => {
      place.git('switch', '-q', 'topic');
      place.write('README.md', 'topic\n');
      place.git('commit', '-q', '-am', 'readme of topic');
      place.git('switch', '-q', 'main');
      place.write('README.md', 'main\n');
      place.git('commit', '-q', '-am', 'readme of main');
      try {
        place.git('merge', '-q', 'topic');
      } catch {
        // the conflict that is wanted
      }
      place.write('README.md', 'both\n');
      place.git('add', 'README.md');
    },
  },
  'rollback:build': {
    prepare: async (place) => {
      place.write('package.json', BUILDABLE);
      await bit(place, 'build');
    },
  },
  'rollback:chain': { prepare: async (place) => void (await commits(place, 3)) },
  'rollback:merge': { prepare: async (place) => void (await bit(place, 'merge', 'topic')) },
  run: {
    prepare: (place) => place.write(join('release.bit'), '# the release\ntag.new v$VERSION\n'),
  },
  'audit:workflow': { prepare: githubWorkflow },
  'workflow:context:preview': { prepare: githubWorkflow },
  'workflow:vendor': {
    words: (place) => ['workflow', 'vendor', 'octo/greet@v1', '--from', `file://${place.root}/server`],
    prepare: (place) => {
      const folder = join(place.root, 'server/octo/greet');
      place.gitIn(place.root, 'clone', '-q', 'app', folder);
      place.gitIn(folder, 'tag', 'v1');
    },
  },
  test: { prepare: (place) => place.write('package.json', '{"scripts":{"test":"true"}}\n') },
  'rollback:workflow': {
    prepare: async (place) => {
      place.write('release.bit', 'tag.new v9\n');
      await bit(place, 'run', 'release.bit');
    },
  },
  retry: {
    prepare: async (place) => {
      place.write(
        '.bithub/workflows/nightly.yml',
        'jobs:\n  main:\n    steps:\n      - run: test -e ready\n',
      );
      const { code } = await place.bit('run', 'nightly');
      if (code !== 1) throw new Error('the run did not fail');
      place.write('ready', '');
    },
  },
  'bot:autofix': {
    prepare: async (place) => {
      place.write('build.sh', '#!/bin/sh\necho built\n');
      place.write('.bithub/workflows/ci.yml', 'jobs:\n  main:\n    steps:\n      - run: ./build.sh\n');
      place.git('add', 'build.sh', '.bithub/workflows/ci.yml');
      place.git('commit', '-q', '-m', 'a build that can not be run');
      if ((await place.bit('run', 'ci')).code !== 1) throw new Error('the run did not fail');
    },
  },
  'issue:comment': atGithub('comment', '--body', 'Fixed in 1.4.2.'),
  'issue:label': atGithub('label', '--add', 'bug'),
  // whatever it heals is an operation of its own inside it
  'bot:selfheal': { words: () => ['bot', 'selfheal', 'schedules'] },
  'workflow:chain': {
    prepare(place) {
      for (const name of ['build', 'test'])
        place.write(`.bithub/workflows/${name}.yml`, 'jobs:\n  main:\n    steps:\n      - run: echo done\n');
    },
  },
  'workflow:context:inspect': {
    prepare: async (place) => {
      place.write('release.sh', '#!/bin/sh\necho done\n');
      chmodSync(join(place.dir, 'release.sh'), 0o755);
      const { code } = await place.bit('run', './release.sh');
      if (code !== 0) throw new Error('the run failed');
    },
  },
  'workflow:context:debug': { prepare: nightlyWorkflow },
  'workflow:delete': { prepare: nightlyWorkflow },
  'workflow:link': { prepare: nightlyWorkflow },
  'workflow:modify': { prepare: nightlyWorkflow },
  'tag:new': { prepare: (place) => void place.git('tag', '-d', 'v1.2.0') },
  'token:attenuate': { prepare: (place) => mint(place, 'planner.token', 'orchestrate:*') },
  'token:inspect': { prepare: (place) => mint(place, 'ci.token') },
  'token:revoke': {
    words: async (place) => {
      const { jti } = await bit(place, 'token', 'mint', '--cap', 'repo:commit', '--for', 'ci');
      return ['token', 'revoke', String(jti)];
    },
  },
  'token:rotate': { prepare: (place) => mint(place, 'ci.token') },
  'token:verify': { prepare: (place) => mint(place, 'ci.token') },
  // its examples are what git is told
  'track:filter': { words: () => ['track', 'filter'] },
  undo: { prepare: async (place) => void (await commits(place, 1)) },
};
