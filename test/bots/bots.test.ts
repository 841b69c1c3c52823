import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../suite.ts';
import { type World, within } from '../world.ts';

const MANIFEST = `name: triage
description: Looks at what failed.
handler: script:main.scm
on:
  - workflow: failed
capabilities: [motd:add, "query:*"]
`;
const FILES = {
  '.bithub/bots/triage.yml': MANIFEST,
  '.bithub/bots/triage/main.scm': "(bit 'status)\n(bit 'motd 'add \"hello\")\n",
};

// biome-ignore lint/suspicious/noExplicitAny: what a command printed
type Printed = any;

/** A query has nothing to be asked. */
function yes(words: readonly string[]): readonly string[] {
  return words[1] === 'list' ? [] : ['--yes'];
}

async function json(place: World, ...words: string[]): Promise<Printed> {
  const { code, stdout, stderr } = await place.bit(...words, ...yes(words), '--json');
  assert.is(code, 0, `bit ${words.join(' ')}: ${stdout}${stderr}`);
  return JSON.parse(stdout);
}

async function refused(place: World, ...words: string[]): Promise<Printed> {
  const { code, stdout } = await place.bit(...words, '--yes', '--json');
  assert.is.not(code, 0, `bit ${words.join(' ')} was to fail: ${stdout}`);
  return { ...JSON.parse(stdout).error, code };
}

function deployed(place: World, name = 'triage'): Printed {
  return JSON.parse(readFileSync(file(place, name), 'utf8'));
}

function file(place: World, name = 'triage'): string {
  return join(place.dir, '.git/bit/bots/deployed', `${name}.json`);
}

suite('deploying a bot', (test) => {
  test('copies manifest and scripts, pinned, and a changed tree changes nothing until it is updated', () =>
    within(FILES, async (place) => {
      const { digest } = await json(place, 'bot', 'deploy', 'triage');
      assert.is(deployed(place).files[0].text, FILES['.bithub/bots/triage/main.scm']);
      place.write('.bithub/bots/triage/main.scm', '(bit \'motd \'add "changed")\n');
      const { deployed: listed } = await json(place, 'bot', 'list');
      assert.equal([listed[0].digest, listed[0].changed], [digest, true]);
      const { updated } = await json(place, 'bot', 'update');
      assert.equal(updated[0].gains, []);
      assert.is(deployed(place).files[0].text, '(bit \'motd \'add "changed")\n');
      assert.is((await json(place, 'bot', 'list')).deployed[0].changed, false);
    }));

  test('asks for what it may do, and asks no more for what it had', () =>
    within(FILES, async (place) => {
      const asked = await place.bit('bot', 'deploy', 'triage', '--no-input');
      assert.is(asked.code, 2, asked.stdout + asked.stderr);
      assert.match(asked.stderr, '--yes');
      await json(place, 'bot', 'deploy', 'triage');
      assert.is((await place.bit('bot', 'deploy', 'triage', '--no-input')).code, 0);
      place.write('.bithub/bots/triage.yml', MANIFEST.replace('motd:add', 'motd:add, repo:push'));
      assert.is((await place.bit('bot', 'update', '--no-input')).code, 2);
      const shown = await place.bit('bot', 'update', '--dry-run');
      assert.match(shown.stdout, '+ may the action repo.push');
      const { left } = await json(place, 'bot', 'update', 'now', 'all', '--no-gains');
      assert.match(left[0].why, 'repo:push');
      assert.equal(deployed(place).granted, ['motd:add', 'query:*']);
    }));

  test('is undone, and leaves no byte', () =>
    within(FILES, async (place) => {
      await json(place, 'bot', 'deploy', 'triage');
      await json(place, 'undo');
      assert.not.ok(existsSync(file(place)));
    }));

  test('gives no more than identity.bots of .bithub.yml lists, by capability or by duty', () =>
    within(
      {
        '.bithub.yml': `apiVersion: bithub/v1
kind: OrchestrationSpec
identity:
  bots:
    - name: triage-bot
      serviceAccount: sa-triage
      capabilities: ["heal.yml", "motd.add"]
`,
        '.bithub/bots/triage.yml': MANIFEST.replace('[motd:add', '[motd:add, repo:commit, repo:push'),
        '.bithub/bots/triage/main.scm': FILES['.bithub/bots/triage/main.scm'],
      },
      async (place) => {
        const out = await json(place, 'bot', 'deploy', 'triage');
        assert.equal(out.granted, ['motd:add', 'repo:commit', 'query:*']);
        assert.equal(out.withheld, ['repo:push']);
        assert.is(out.account, 'sa-triage');
      },
    ));

  test('refuses a script that does not parse, by its line, in every language', () =>
    within({}, async (place) => {
      const broken: Record<string, string> = {
        'a.scm': '(display\n"x"',
        'a.aln': '[RUN a]\nIF FAILED\n  bit.status\n',
        'a.cmd': '@echo off\nif exist a (\necho\n',
        'a.bit': 'bit.status\nbit.commit -m "open\n',
        'a.mjs': 'export const a = 1;\nexport function handle( {\n',
        'a.sh': 'set -e\nif true; then\n  echo\n',
      };
      for (const [path, text] of Object.entries(broken)) {
        place.write('.bithub/bots/triage.yml', `name: triage\nhandler: script:${path}\n`);
        place.write(`.bithub/bots/triage/${path}`, text);
        const { code, message } = await refused(place, 'bot', 'deploy', 'triage');
        assert.is(code, 2, message);
        assert.match(message, new RegExp(`triage/${path.replace('.', '\\.')}:[1-4]:`), path);
      }
    }));

  test('names what is not there with the nearest, and what is no text or no file of its own', () =>
    within(FILES, async (place) => {
      assert.match((await refused(place, 'bot', 'deploy', 'triag')).hint, 'did you mean: triage');
      assert.is((await refused(place, 'bot', 'deploy', '../../x')).code, 2);
      assert.is((await place.bit('bot', 'deploy', '--', '-x')).code, 2);
      writeFileSync(join(place.dir, '.bithub/bots/triage/data'), Buffer.from([0xff, 0xfe, 0]));
      assert.match((await refused(place, 'bot', 'deploy', 'triage')).message, 'no text in UTF-8');
    }));

  test('for an owner holds in every clone of that owner, and in no other', () =>
    within(FILES, async (place) => {
      assert.match(
        (await refused(place, 'bot', 'deploy', 'triage', 'org')).message,
        'origin belongs to no owner',
      );
      place.git('remote', 'add', 'origin', 'git@github.com:Acme/app.git');
      assert.is((await json(place, 'bot', 'deploy', 'triage', 'org')).scope, 'org:github.com/acme');
      for (const [name, origin, there] of [
        ['same', 'https://token@github.com/acme/other', 1],
        ['other', 'https://github.com/acme-two/app', 0],
      ] as const) {
        const dir = join(place.root, name);
        place.git('init', '-q', dir);
        place.gitIn(dir, 'remote', 'add', 'origin', origin);
        const { stdout } = await place.bitIn(dir, 'bot', 'list', 'deployed', '--json');
        assert.is(JSON.parse(stdout).deployed.length, there, name);
      }
    }));

  test('a damaged copy is told of, and stops no other bot', () =>
    within(FILES, async (place) => {
      await json(place, 'bot', 'deploy', 'triage');
      await json(place, 'bot', 'duplicate', 'triage', 'second');
      await json(place, 'bot', 'deploy', 'second');
      const value = deployed(place);
      writeFileSync(file(place), JSON.stringify({ ...value, text: `${value.text}\n# more\n` }));
      const { deployed: listed, damaged } = await json(place, 'bot', 'list');
      assert.equal(
        listed.map((bot: Printed) => bot.name),
        ['second'],
      );
      assert.match(damaged[0].why, 'digest');
      assert.is((await refused(place, 'bot', 'pause', 'triage')).code, 7);
    }));
});

suite('bots at work', (test) => {
  test('are held and let go on, one, or all of a scope', () =>
    within(FILES, async (place) => {
      await json(place, 'bot', 'deploy', 'triage');
      assert.equal((await json(place, 'bot', 'pause', 'triage')).bots, ['triage']);
      assert.is(deployed(place).paused, true);
      assert.equal((await json(place, 'bot', 'pause', 'all')).already, ['triage']);
      await json(place, 'bot', 'deploy', 'triage');
      assert.is(deployed(place).paused, true, 'deployed again it is still paused');
      await json(place, 'bot', 'resume', 'repo');
      assert.is(deployed(place).paused, false);
      assert.is((await refused(place, 'bot', 'pause', 'org')).code, 4);
    }));

  test('hear of a workflow, an event or a time beside what their manifest says', () =>
    within(
      { ...FILES, '.bithub/workflows/ci.yml': 'jobs:\n  a:\n    steps:\n      - run: "true"\n' },
      async (place) => {
        await json(place, 'bot', 'deploy', 'triage');
        const { on } = await json(
          place,
          'bot',
          'link',
          'triage',
          'ci',
          '--kind',
          'failed',
          '--branch',
          'main',
        );
        assert.equal(on, ['workflow failed', 'workflow failed of ci on main']);
        await json(place, 'bot', 'link', 'triage', 'schedule:0 5 * * 1');
        await json(place, 'bot', 'link', 'triage', 'ledger:COMMIT,MERGE');
        assert.is((await refused(place, 'bot', 'link', 'triage', 'ledger:COMMIT,MERGE')).code, 1);
        assert.is((await refused(place, 'bot', 'link', 'triage', 'schedule:61 * * * *')).code, 2);
        assert.match((await refused(place, 'bot', 'link', 'triage', 'workflow:fialed')).hint, 'failed');
        assert.match((await refused(place, 'bot', 'link', 'triage', 'cii')).hint, 'ci');
        await json(place, 'bot', 'link', 'triage', 'ledger:COMMIT,MERGE', '--remove');
        await json(place, 'workflow', 'link', 'ci', 'triage');
        assert.equal(
          deployed(place).links.map((link: Printed) => [link.event, link.workflows.join()]),
          [
            ['workflow', 'ci'],
            ['schedule', ''],
            ['workflow', 'ci'],
          ],
        );
      },
    ));

  test('are rerouted to another, never in a circle', () =>
    within(FILES, async (place) => {
      await json(place, 'bot', 'deploy', 'triage');
      for (const name of ['second', 'third']) {
        await json(place, 'bot', 'duplicate', 'triage', name);
        await json(place, 'bot', 'deploy', name);
      }
      await json(place, 'bot', 'reroute', 'triage', '--to-bot', 'second');
      await json(place, 'bot', 'reroute', 'second', '--to-bot', 'third');
      assert.match(
        (await refused(place, 'bot', 'reroute', 'third', '--to-bot', 'triage')).message,
        'third → triage → second → third',
      );
      assert.is((await json(place, 'bot', 'reroute', 'triage', '--off')).before, 'bot second');
      assert.is((await refused(place, 'bot', 'reroute', 'triage', '--to-bot', 'a', '--off')).code, 2);
      assert.is((await refused(place, 'bot', 'reroute', 'triage', '--to-profile', 'none')).code, 4);
      await json(place, 'bot', 'reroute', 'repo', '--to-bot', 'second');
      await json(place, 'undo');
      assert.not.ok(existsSync(join(place.dir, '.git/bit/bots/routes.json')));
      place.write(
        '.bithub.yml',
        'apiVersion: bithub/v1\nkind: OrchestrationSpec\nclusters: { profiles: { small: { autoscale: { min: 0, max: 1 } } } }\n',
      );
      for (const runner of [
        'r1',
        'aln://',
        'aln://Runner/a',
        'aln://a/b\n',
        '-x',
        `aln://${'a/'.repeat(200)}a`,
      ]) {
        const { code, hint } = await refused(place, 'bot', 'reroute', 'triage', `--to-runner=${runner}`);
        assert.is(code, 2, runner);
        assert.match(hint, 'bit mesh peers');
      }
      const runner = 'aln://runner/phoenix/alpha';
      assert.is(
        (await json(place, 'bot', 'reroute', 'triage', '--to-runner', runner)).to,
        `runner ${runner}`,
      );
      assert.equal(deployed(place).reroute, { runner });
      await json(place, 'undo');
      assert.is((await json(place, 'bot', 'reroute', 'repo', '--to-profile', 'small')).to, 'profile small');
      assert.is((await json(place, 'bot', 'reroute', 'repo', '--off')).before, 'profile small');
      assert.is(deployed(place).reroute, null);
    }));

  test('are updated by the clock where that is asked for', () =>
    within(FILES, async (place) => {
      await json(place, 'bot', 'deploy', 'triage');
      assert.is((await refused(place, 'bot', 'update', 'schedule', 'triage', '--cron', 'soon')).code, 2);
      await json(place, 'bot', 'update', 'schedule', 'triage', '--cron', '0 4 * * *');
      assert.is(deployed(place).updates, '0 4 * * *');
      await json(place, 'bot', 'update', 'schedule', 'all', '--cron', 'off');
      assert.is(deployed(place).updates, null);
    }));
});

suite('writing a bot', (test) => {
  test('every template is a bot that deploys, and whose script does what it is granted', () =>
    within({}, async (place) => {
      const { templates } = await json(place, 'bot', 'list', 'templates');
      assert.ok(templates.length >= 11);
      for (const { name } of templates) {
        await json(place, 'bot', 'create', 'from-template', name, '--template', name);
        const { stdout } = await place.bit('bot', 'deploy', name, '--dry-run', '--json');
        const { plan } = JSON.parse(stdout);
        assert.not.ok(
          plan.some((line: string) => line.includes('will be refused')),
          `${name}: ${plan.join('\n')}`,
        );
        await json(place, 'bot', 'deploy', name);
      }
    }));

  test('custom ones in every language deploy as they are written', () =>
    within({}, async (place) => {
      for (const language of ['aln', 'batch', 'lisp', 'bit', 'javascript', 'shell']) {
        const words = [
          '--language',
          language,
          '--on',
          'git:commit',
          '--on',
          'schedule:0 5 * * *',
          '--description',
          'a: "b"',
        ];
        await json(place, 'bot', 'create', 'custom', `in-${language}`, ...words);
        const out = await json(place, 'bot', 'deploy', `in-${language}`);
        assert.equal(out.on, ['git commit', 'schedule 0 5 * * *']);
      }
    }));

  test('writes nothing where there is one of that name, or it would be none', () =>
    within(FILES, async (place) => {
      assert.is((await refused(place, 'bot', 'create', 'custom', 'triage')).code, 1);
      assert.is((await refused(place, 'bot', 'create', 'custom', 'a', '--on', 'ledger:no good')).code, 2);
      assert.is((await refused(place, 'bot', 'create', 'custom', 'a', '--capability', 'x y')).code, 2);
      assert.is((await refused(place, 'bot', 'duplicate', 'triage', '../x')).code, 2);
      assert.equal(place.git('status', '--porcelain', '-uall').split('\n').length, 2);
    }));

  test('attaches a script that parses, with what it may do, and keeps the manifest’s comments', () =>
    within(
      {
        ...FILES,
        '.bithub/bots/triage.yml': `# mine\n${MANIFEST}`,
        'new.sh': '#!/bin/sh\nbit tag new v1 && bit status | cat\n# bit push\n',
      },
      async (place) => {
        const { commands } = await json(place, 'bot', 'script', 'triage', 'new.sh');
        assert.equal(
          commands.map((one: Printed) => [one.line, one.need.command, one.need.capability, one.allowed]),
          [
            [2, 'tag new', 'repo:tag', false],
            [2, 'status', 'query:status', true],
          ],
        );
        assert.match(place.read('.bithub/bots/triage.yml'), /^# mine\n/);
        assert.match(place.read('.bithub/bots/triage.yml'), 'script:new.sh');
        assert.ok(place.exists('.bithub/bots/triage/new.sh'));
        place.write('bad.scm', '(');
        assert.is((await refused(place, 'bot', 'script', 'triage', 'bad.scm')).code, 2);
        assert.is((await refused(place, 'bot', 'script', 'triage', 'a.txt')).code, 2);
      },
    ));
});

suite('the context of bots', (test) => {
  test('tells of tree, owners, failed runs and policies, without secrets', () =>
    within(
      {
        ...FILES,
        '.github/CODEOWNERS': '* @acme/all\n/src/ @ada # the program\n*.md docs@example.org\n',
        'src/main.ts': 'main\n',
        'src/lib/x.ts': 'x\n',
        'README.md': 'read\n',
        'token-ghp_0123456789abcdefghij0123.txt': 'x\n',
        '.bithub/workflows/ci.yml': 'jobs:\n  a:\n    steps:\n      - name: fails\n        run: exit 3\n',
      },
      async (place) => {
        place.git('add', '.');
        place.git('commit', '-qm', 'all');
        assert.is.not((await place.bit('run', 'ci')).code, 0);
        await json(place, 'bot', 'contextualize', 'repo');
        const text = readFileSync(join(place.dir, '.git/bit/bots/context.json'), 'utf8');
        const context = JSON.parse(text);
        assert.not.match(text, 'ghp_0123456789');
        assert.is(context.commit, place.git('rev-parse', 'HEAD'));
        assert.is(context.tree.files, place.git('ls-files').split('\n').length);
        const owners = new Map(context.owners.map((one: Printed) => [one.path, one.owners]));
        assert.equal(owners.get('src/'), ['@ada']);
        assert.equal(owners.get('README.md'), ['docs@example.org']);
        assert.equal(owners.get('a.txt'), ['@acme/all']);
        const [failure] = context.failures;
        assert.equal([failure.workflow, failure.job, failure.step], ['ci', 'a', 'fails']);
        const narrow = await json(place, 'bot', 'contextualize', 'src');
        assert.equal(
          [narrow.tree.files, narrow.tree.entries.map((one: Printed) => one.path).sort()],
          [2, ['src/lib/', 'src/main.ts']],
        );
        await json(place, 'undo');
        assert.is(readFileSync(join(place.dir, '.git/bit/bots/context.json'), 'utf8'), text);
        for (const scope of ['..', '.git', 'none', 'a.txt'])
          assert.is.not((await place.bit('bot', 'contextualize', scope)).code, 0);
      },
    ));
});
