import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { takenBy } from '../../src/cli/plugin-host.ts';
import { suite } from '../suite.ts';
import { commandTable, INSTALLATION, type World, within } from '../world.ts';
import { entriesOf, GREET, GREET_FILES, installBad, packGreeter, packPlugin } from './fixture.ts';

const refs = (place: World): string => place.git('for-each-ref', 'refs/heads', 'refs/tags');
const phases = async (place: World, event: string): Promise<string[]> =>
  (await entriesOf(place, event)).map(({ phase }) => phase);

const ACT = (run: string, touches = '{ refs: ["refs/heads/good"] }', extra = ''): string => `
import { action } from '@bithub/cli';
export default class Bad extends action({ action: 'bad.thing', event: 'BAD_THING' }) {
  static summary = 'Does.';
  async effect(reader) {
    const head = await reader.git.head();
    return { summary: 'do', target: {}, plan: ['do'], touches: ${touches}, ${extra}
      async run(writer) { ${run} } };
  }
  render(out, page) { page.line('done'); }
}`;
const ASK = (execute: string): string => `
import { Query } from '@bithub/cli';
export default class Bad extends Query {
  static summary = 'Asks.';
  async execute(reader) { ${execute} }
  render(out, page) { page.line(JSON.stringify(out)); }
}`;
const ALL = ['git.read', 'git.write', 'action:bad.thing'];

suite('the plugin seam', (test) => {
  test("a plugin's query runs in a process of its own and reads through the host", () =>
    within({}, async (place) => {
      const installed = await place.bit('plugins', 'install', packGreeter(place), '--yes');
      assert.is(installed.code, 0, installed.stderr);
      assert.match(installed.stdout, 'Installed bit-plugin-greet 1.0.0 (not trusted, runs in a sandbox)');
      const run = await place.bit('greet', 'hello', 'Ada', '--loud');
      assert.is(run.code, 0, run.stderr);
      assert.is(run.stdout, 'HELLO ADA\nrefs/heads/main\n');
      const json = await place.bit('greet.hello', '--json');
      const out = JSON.parse(json.stdout) as { text: string; pid: number };
      assert.is(out.text, 'hello world');
      assert.is.not(out.pid, process.pid);
      assert.equal(await phases(place, 'GREET_HELLO'), [], 'a query leaves no entry');
    }));

  test("a plugin's action is gated, recorded with one intent and one outcome, and undone", () =>
    within({}, async (place) => {
      await place.bit('plugins', 'install', packGreeter(place), '--yes');
      const before = refs(place);
      const dry = await place.bit('greet', 'mark', 'v1', '--dry-run');
      assert.is(dry.code, 0, dry.stderr);
      assert.match(dry.stdout, 'make branch v1');
      assert.is(refs(place), before);
      assert.equal(await phases(place, 'GREET_MARK'), [], 'nothing is recorded under --dry-run');
      const run = await place.bit('greet', 'mark', 'v1');
      assert.is(run.code, 0, run.stderr);
      assert.is(place.git('rev-parse', 'v1'), place.git('rev-parse', 'main'));
      const entries = await entriesOf(place, 'GREET_MARK');
      assert.equal(
        entries.map(({ phase }) => phase),
        ['intent', 'outcome'],
      );
      assert.is(entries[0]?.op, entries[1]?.op);
      const undone = await place.bit('undo', '--yes');
      assert.is(undone.code, 0, undone.stderr);
      assert.is(refs(place), before);
      assert.is((await place.bit('ledger', 'verify')).code, 0);
    }));

  test('a policy that denies stops it before it does anything, and the attempt is recorded', () =>
    within({}, async (place) => {
      await place.bit('plugins', 'install', packGreeter(place), '--yes');
      place.write(
        '.bithub/policies/p.rego',
        'package acme\nimport rego.v1\ndeny contains "no marks" if input.action == "greet.mark"\n',
      );
      assert.is((await place.bit('policy', 'accept', '--yes')).code, 0);
      const before = refs(place);
      const run = await place.bit('greet', 'mark', 'v1');
      assert.is(run.code, 3, run.stderr);
      assert.match(run.stderr, 'no marks');
      assert.is(refs(place), before);
      assert.equal(await phases(place, 'GREET_MARK'), ['denied']);
      const dry = await place.bit('greet', 'mark', 'v1', '--dry-run');
      assert.is(dry.code, 3, dry.stderr);
    }));

  test('a trusted plugin runs in this process, through the same gate and ledger', () =>
    within({}, async (place) => {
      const run = await place.bit('plugins', 'install', packGreeter(place), '--yes', '--trust');
      assert.match(run.stdout, '(trusted)');
      const json = await place.bit('greet', 'hello', '--json');
      assert.is((JSON.parse(json.stdout) as { pid: number }).pid, process.pid, json.stderr);
      assert.is((await place.bit('greet', 'mark', 'v2')).code, 0);
      assert.equal(await phases(place, 'GREET_MARK'), ['intent', 'outcome']);
      assert.is((await place.bit('plugins', 'distrust', 'bit-plugin-greet')).code, 0);
      const again = await place.bit('greet', 'hello', '--json');
      assert.is.not((JSON.parse(again.stdout) as { pid: number }).pid, process.pid);
    }));

  test('trust is asked for: without an answer nothing is installed or trusted', () =>
    within({}, async (place) => {
      const greeter = packGreeter(place);
      const asked = await place.bit('plugins', 'install', greeter);
      assert.is(asked.code, 2, asked.stdout);
      assert.match(asked.stderr, '--yes');
      assert.is((await place.bit('greet', 'hello')).code, 70, 'the test world has no cold path');
      await place.bit('plugins', 'install', greeter, '--yes');
      assert.is((await place.bit('plugins', 'trust', 'bit-plugin-greet')).code, 2);
      const listed = await place.bit('plugins', 'list', '--json', '--jq', '.plugins[-1].trusted');
      assert.is(listed.stdout.trim(), 'false');
    }));

  test("a plugin can't take the name of a command of bit's, at install or later", () =>
    within({}, async (place) => {
      const installation = { ...INSTALLATION, table: commandTable() };
      for (const id of ['status', 'branch:list', 'stash', 'stash:apply', 'help', 'bit', 'log:graph'])
        assert.ok(takenBy(installation, id), id);
      assert.is(takenBy(installation, 'greet:status'), undefined);
      const thief = packPlugin(
        join(place.root, 'thief'),
        { name: 'thief', bit: { commands: 'commands' } },
        { 'commands/status.js': ASK('return {}') },
      );
      const stolen = await place.bit('plugins', 'install', thief, '--yes');
      assert.is(stolen.code, 1, stolen.stdout);
      assert.match(stolen.stderr, "thief has a command bit status, which is bit's own");
      await place.bit('plugins', 'install', packGreeter(place), '--yes');
      const table = join(place.env['XDG_DATA_HOME'] ?? '', 'bit', 'plugins', 'table.json');
      place.write(table, place.read(table).replace('"greet:hello"', '"status"'));
      const status = await place.bit('status');
      assert.is(status.code, 0, status.stderr);
      assert.not.match(status.stdout, 'hello');
      const listed = await place.bit('plugins', 'list');
      assert.match(listed.stdout, "can't be reached, bit has its own: status");
    }));

  test('uninstalling takes its commands away, and undo brings them back', () =>
    within({}, async (place) => {
      await place.bit('plugins', 'install', packGreeter(place), '--yes', '--trust');
      const gone = await place.bit('plugins', 'uninstall', 'bit-plugin-greet', '--yes');
      assert.is(gone.code, 0, gone.stderr);
      assert.is((await place.bit('greet', 'hello')).code, 70);
      const near = await place.bit('plugins', 'uninstall', 'entertainmnt');
      assert.is(near.code, 4);
      const undone = await place.bit('undo', '--yes');
      assert.is(undone.code, 0, undone.stderr);
      assert.is((await place.bit('greet', 'hello')).code, 0);
    }));

  test('what was not granted is refused before it reaches gate and ledger', () =>
    within({}, async (place) => {
      await installBad(place, { read: ASK('return reader.git.head()'), act: ACT('return {}') }, ['ask']);
      const read = await place.bit('bad', 'read');
      assert.is(read.code, 3, read.stdout);
      assert.match(read.stderr, 'the plugin bad was not granted git.read');
      await installBad(place, { act: ACT('return {}') }, ['git.read', 'git.write']);
      const act = await place.bit('bad', 'act');
      assert.is(act.code, 3, act.stdout);
      assert.match(act.stderr, 'was not granted action:bad.thing');
      assert.equal(await phases(place, 'BAD_THING'), []);
    }));

  test('what was not declared, and what is never for a plugin, is refused', () =>
    within({}, async (place) => {
      const before = refs(place);
      const modules = {
        other: ACT('await writer.git.createBranch("other", head.oid); return {}'),
        raw: ACT('await writer.git.run(["update-ref", "-d", "refs/heads/main"]); return {}'),
        stage: ACT('await writer.git.add(["a.txt"]); return {}'),
        keys: ASK('return { keys: await reader.keys.signer() }'),
        outside: ASK('await reader.git.createBranch("good", "HEAD"); return {}'),
        files: ACT('return {}', '{ refs: [], files: ["/etc/passwd"] }'),
        undoes: ACT('return {}', '{ refs: [] }', 'undoes: ["01k00000000000000000000000"],'),
        option: ACT('await writer.git.createTag("good", "--exec=x"); return {}', '{ refs: "all" }'),
        secret: ASK('return { url: await reader.git.config("http.extraheader") }'),
      };
      await installBad(place, modules, ALL);
      const refused: Record<keyof typeof modules, string> = {
        other: 'refs/heads/other is not among the refs the action declared',
        raw: 'git.run is not for a plugin that is not trusted',
        stage: 'did not declare that it touches the index',
        keys: 'keys is not for bad, which is not trusted',
        outside: 'no action of the plugin bad is running',
        files: 'single files are not for a plugin that is not trusted',
        undoes: "an effect's undoes are not for a plugin",
        option: '--exec=x',
        secret: 'the setting http.extraheader is not for a plugin',
      };
      for (const [name, why] of Object.entries(refused)) {
        const run = await place.bit('bad', name);
        assert.is.not(run.code, 0, name);
        assert.match(run.stderr, why, `${name}: ${run.stderr}`);
        assert.is(refs(place), before, name);
      }
      const started = (await phases(place, 'BAD_THING')).join(' ');
      assert.is(started, Array(4).fill('intent outcome').join(' '), 'other, raw, stage, option');
    }));

  test('a plugin that is not trusted writes nothing, starts nothing and sees no environment', () =>
    within({}, async (place) => {
      const outside = join(place.root, 'outside.txt');
      place.write(outside, 'untouched');
      await installBad(place, {
        thing: ASK(`
          const { writeFileSync, readFileSync } = await import('node:fs');
          const out = {};
          const tries = {
            write: () => writeFileSync(${JSON.stringify(outside)}, 'x'),
            own: () => writeFileSync(new URL('./x.txt', import.meta.url), 'x'),
            read: () => readFileSync(${JSON.stringify(join(place.root, 'home', '.gitconfig'))}),
            repository: () => readFileSync(${JSON.stringify(join(place.dir, 'a.txt'))}),
            spawn: async () => (await import('node:child_process')).execFileSync('true'),
            worker: async () => new (await import('node:worker_threads')).Worker('1', { eval: true }),
            sqlite: async () => new (await import('node:sqlite')).DatabaseSync(${JSON.stringify(outside)}),
          };
          for (const [name, run] of Object.entries(tries)) {
            try { await run(); out[name] = 'allowed'; } catch (error) { out[name] = error.code; }
          }
          out.environment = Object.keys(process.env).filter((name) => /HOME|XDG|PATH|GIT|TOKEN/.test(name));
          return out;`),
      });
      const run = await place.bit('bad', 'thing', '--json');
      assert.is(run.code, 0, run.stderr);
      const { environment, ...tried } = JSON.parse(run.stdout) as Record<string, unknown>;
      assert.equal(environment, []);
      for (const [name, code] of Object.entries(tried))
        assert.match(String(code), /^ERR_(ACCESS_DENIED|UNKNOWN_BUILTIN_MODULE)$/, name);
      assert.is(place.read(outside), 'untouched');
    }));

  test('process.exit(0) is no success: not at load, not in the constructor, not in an action', () =>
    within({}, async (place) => {
      const atLoad = packPlugin(
        join(place.root, 'leaver'),
        { name: 'leaver', bit: { commands: 'commands' } },
        { 'commands/bad/thing.js': `process.exit(0);${ASK('return {}')}` },
      );
      const install = await place.bit('plugins', 'install', atLoad, '--yes');
      assert.is.not(install.code, 0);
      assert.match(install.stderr, 'ended before its work was done');
      await installBad(
        place,
        {
          constructed: ASK('return {}').replace(
            'static summary',
            'constructor(...all) { super(...all); process.exit(0); } static summary',
          ),
          acted: ACT('process.exit(0)'),
        },
        ALL,
      );
      const constructed = await place.bit('bad', 'constructed');
      assert.is(constructed.code, 1, constructed.stdout);
      const ran = await place.bit('bad', 'acted');
      assert.is(ran.code, 1, ran.stdout);
      assert.equal(await phases(place, 'BAD_THING'), ['intent', 'outcome'], 'the failed outcome is recorded');
      assert.is((await place.bit('repair', '--dry-run')).code, 0);
    }));

  test('a module whose default export is no command, and one that overrides the gate, change nothing', () =>
    within({}, async (place) => {
      const install = await place.bit(
        'plugins',
        'install',
        packPlugin(
          join(place.root, 'none'),
          { name: 'none', bit: { commands: 'commands' } },
          { 'commands/bad/thing.js': 'export default class { static id = "x"; async run() {} }' },
        ),
        '--yes',
      );
      assert.is(install.code, 2, install.stdout);
      assert.match(install.stderr, 'must extend Query or action()');
      await installBad(
        place,
        { thing: ACT('return {}').replace('static summary', 'async run() { return 1 } static summary') },
        ALL,
      );
      await place.bit('bad', 'thing');
      assert.equal(await phases(place, 'BAD_THING'), [], 'it did not act, so there is nothing to record');
    }));

  test('a plugin in CommonJS is a plugin too', () =>
    within({}, async (place) => {
      const source = `
        const { Query } = require('@bithub/cli');
        const { Args } = require('@oclif/core');
        class Old extends Query {
          async execute(reader, { args }) { return { branch: (await reader.git.head()).ref, who: args.who }; }
          render(out, page) { page.line(out.who + ' on ' + out.branch); }
        }
        Old.summary = 'Old.';
        Old.args = { who: Args.string({ required: true }) };
        module.exports = Old;`;
      const directory = packPlugin(
        join(place.root, 'old'),
        { name: 'old', type: 'commonjs', bit: { commands: 'commands', capabilities: ['git.read'] } },
        { 'commands/old/way.js': source },
      );
      for (const trust of [[], ['--trust']]) {
        const installed = await place.bit('plugins', 'install', directory, '--yes', ...trust);
        assert.is(installed.code, 0, installed.stderr);
        const run = await place.bit('old', 'way', 'me');
        assert.is(run.stdout, 'me on refs/heads/main\n', run.stderr);
      }
    }));

  test('a new version from elsewhere starts without the trust of the old', () =>
    within({}, async (place) => {
      await place.bit('plugins', 'install', packGreeter(place), '--yes', '--trust');
      const same = await place.bit('plugins', 'install', packGreeter(place), '--yes', '--json');
      assert.is((JSON.parse(same.stdout) as { trusted: boolean }).trusted, true, same.stderr);
      const elsewhere = packPlugin(
        join(place.root, 'elsewhere'),
        { ...GREET, version: '2.0.0' },
        GREET_FILES,
      );
      const other = await place.bit('plugins', 'install', elsewhere, '--yes', '--json');
      const out = JSON.parse(other.stdout) as { trusted: boolean; replaced: string };
      assert.is(out.trusted, false);
      assert.is(out.replaced, '1.0.0');
    }));
});
