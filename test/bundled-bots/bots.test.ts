import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bots as auditBots } from '../../plugins/audit/bots.ts';
import { bots as modBots } from '../../plugins/mod/bots.ts';
import { bots as plannerBots } from '../../plugins/planner/bots.ts';
import { bots as policyBots } from '../../plugins/policy/bots.ts';
import { bots as repairBots } from '../../plugins/repair/bots.ts';
import type { Bot, JsonObject } from '../../src/api/index.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { deniesZounds, entries, eventOf, handling } from './ground.ts';

function only(bots: readonly Bot[]): Bot {
  const [bot] = bots;
  if (bot === undefined) throw new Error('no bot');
  return bot;
}

function repository(files: Readonly<Record<string, string>>): World {
  const place = world();
  place.start();
  for (const [name, text] of Object.entries(files)) place.write(name, text);
  place.git('add', '.');
  place.git('commit', '-q', '-m', 'files');
  return place;
}

async function ok(place: World, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.bit(...words);
  assert.is(code, 0, stdout + stderr);
  return stdout;
}

const CI = `name: ci
max-parallel: 2
jobs:
  a:
    steps:
      - run: sleep 0.3 && echo a
  b:
    steps:
      - run: sleep 0.3 && echo b
  long:
    steps:
      - run: sleep 0.6 && echo long
`;

suite('the bots that come with bit', (test) => {
  test('the planner tells a proposal once, and commits it on a branch only where it is told to', async () => {
    const place = repository({ '.bithub/workflows/ci.yml': CI });
    try {
      await ok(place, 'run', 'ci');
      const bot = await handling(place, only(plannerBots));
      const first = await bot.handle({ event: 'schedule' });
      assert.equal(first.beyond, []);
      assert.ok(
        first.log.some((line) => line.includes('ci.yml: 0.9 s expected') || / expected$/.test(line)),
        first.log.join('\n'),
      );
      assert.ok(
        first.log.some((line) =>
          line.startsWith('proposed: .bithub/workflows/ci.yml: its jobs in another order'),
        ),
      );
      const again = await bot.handle({ event: 'schedule' });
      assert.not.ok(again.log.some((line) => line.startsWith('proposed:')));
      assert.is(place.git('branch', '--list', 'plan/*'), '');
      const fresh = await handling(place, only(plannerBots));
      const applied = await fresh.handle({ event: 'schedule' }, { apply: true, only: ['order'] });
      assert.ok(
        applied.log.some((line) => line.startsWith('committed ')),
        applied.log.join('\n'),
      );
      assert.match(place.git('branch', '--list', 'plan/*'), /plan\/\d{4}-/);
      const [entry] = await entries(place, '--event', 'WORKFLOW_PLAN', '--phase', 'outcome');
      assert.is(entry?.['as'], 'bot:planner');
      assert.is(place.git('status', '--porcelain'), '');
    } finally {
      place.close();
    }
  });

  test('a planner without repo:commit proposes, and what it tries beyond that is refused and recorded', async () => {
    const place = repository({ '.bithub/workflows/ci.yml': CI });
    try {
      await ok(place, 'run', 'ci');
      const bot = await handling(place, only(plannerBots), ['workflow:plan']);
      const { log } = await bot.handle({ event: 'schedule' }, { apply: true });
      assert.ok(
        log.some((line) => line.startsWith('not committed:') && line.includes('repo:commit')),
        log.join('\n'),
      );
      assert.is(place.git('branch', '--list', 'plan/*'), '');
      assert.is((await entries(place, '--phase', 'denied')).length, 1);
    } finally {
      place.close();
    }
  });

  test('planners of two repositories settle who builds what', async () => {
    const specification =
      'apiVersion: bithub/v1\nkind: OrchestrationSpec\nbuild:\n  targets:\n    site: { command: sh make.sh, inputs: [src/**], outputs: [out/**] }\n';
    const place = repository({
      '.bithub.yml': specification,
      'make.sh': 'mkdir -p out; cp src/a.txt out/; echo built >> ../built\n',
      'src/a.txt': 'a\n',
      '.gitignore': 'out\n',
    });
    try {
      const other = join(place.root, 'other');
      place.gitIn(place.root, 'clone', '-q', place.dir, other);
      const there: World = {
        ...place,
        dir: other,
        bit: (...words) => place.bitIn(other, ...words),
        bitWith: (_, ...words) => place.bitIn(other, ...words),
      };
      const settings = { share: 'aln+ns://shared/planners' };
      await ok(place, 'build');
      const [here, far] = [
        await handling(place, only(plannerBots)),
        await handling(there, only(plannerBots)),
      ];
      await far.handle({ event: 'schedule' }, settings);
      const offered = await here.handle({ event: 'schedule' }, settings);
      assert.ok(offered.log.includes('offer: build site'), offered.log.join('\n'));
      const taken = await far.handle({ event: 'schedule' }, settings);
      assert.ok(taken.log.includes('take: build site'), taken.log.join('\n'));
      assert.equal(taken.beyond, []);
      const built = place.read(join(place.root, 'built'));
      assert.is((await place.bitIn(other, 'build')).code, 0);
      assert.is(place.read(join(place.root, 'built')), built);
    } finally {
      place.close();
    }
  });

  test('repair proposes what makes the failed step pass, on a branch; a directive can hold it back', async () => {
    const specification = `apiVersion: bithub/v1
kind: OrchestrationSpec
support:
  userDirectives:
    - key: leave-it
      when: "label == 'wip'"
      effect: bots.repair.enable=false
    - key: force-repair
      when: "label == 'repair-me'"
      effect: bots.repair.enable=true
orchestration:
  flows:
    - name: main
      sequence:
        - barrier: here
`;
    const place = repository({
      '.bithub.yml': specification,
      '.bithub/workflows/ci.yml': 'jobs:\n  unit:\n    steps:\n      - run: ./check.sh\n',
      'check.sh': '#!/bin/sh\necho fine\n',
    });
    try {
      assert.is((await place.bit('run', 'ci')).code, 1);
      const [runs] = await entries(place, '--event', 'WORKFLOW_RUN', '--phase', 'outcome');
      const payload = runs?.['payload'] as JsonObject | undefined;
      const run = String((payload?.['result'] as JsonObject | undefined)?.['run']);
      const event = { event: 'workflow', kind: 'failed', id: `workflow:${run}/1` } as const;
      const bot = await handling(place, only(repairBots));
      const held = await bot.handle({ ...event, facts: { workflow: 'ci', labels: ['wip'] } });
      assert.equal(held.commands, ['flow plan']);
      assert.match(held.log.join('\n'), /the directive leave-it/);
      const told = await bot.handle({ ...event, facts: { workflow: 'ci' } }, { propose: false });
      assert.is(place.git('branch', '--list', 'fix/*'), '');
      assert.ok(
        told.log.some((line) => line.includes('check.sh')),
        told.log.join('\n'),
      );
      const forced = await bot.handle(
        { ...event, facts: { workflow: 'ci', labels: ['repair-me'] } },
        { propose: false },
      );
      assert.equal(forced.beyond, []);
      assert.ok(
        forced.log.some((line) => line.includes('proposed on fix/')),
        forced.log.join('\n'),
      );
      const [branch = ''] = place
        .git('for-each-ref', '--format=%(refname:short)', 'refs/heads/fix')
        .split('\n');
      assert.match(place.git('ls-tree', branch, 'check.sh'), /^100755/);
      const [entry] = await entries(place, '--event', 'BOT_AUTOFIX', '--phase', 'outcome');
      assert.is(entry?.['as'], 'bot:repair');
      const most = await bot.handle({ ...event, facts: { workflow: 'ci' } }, { most: 1 });
      assert.match(most.log.join('\n'), /as many proposals today/);
    } finally {
      place.close();
    }
  });

  test('policy explains a denial at its operation, and tells of drift, red tests and rules nothing asks, once', async () => {
    const place = repository({
      '.bithub/policies/p.rego':
        'package p\nimport rego.v1\ndeny contains "no tags on Fridays" if input.action == "repo.tag"\n',
    });
    try {
      await ok(place, 'policy', 'accept');
      assert.is((await place.bit('tag', 'new', 'v1')).code, 3);
      const bot = await handling(place, only(policyBots));
      const [denied] = await entries(place, '--phase', 'denied');
      const explained = await bot.handle(eventOf(denied));
      assert.equal(explained.beyond, []);
      assert.match(explained.log.join('\n'), /repo.tag was denied to .*no tags on Fridays/);
      const [note] = await entries(place, '--event', 'HISTORY_ANNOTATE', '--phase', 'outcome');
      assert.is(note?.['as'], 'bot:policy');
      // once: told again, it is not told again
      assert.equal((await bot.handle(eventOf(denied))).log, []);

      const clean = await bot.handle({ event: 'git', kind: 'commit' });
      place.write(
        '.bithub/policies/q.rego',
        'package q\nimport rego.v1\nforgotten contains "x" if input.action == "x"\n',
      );
      place.write('.bithub/policies/q_test.rego', 'package q_test\nimport rego.v1\ntest_red if 1 == 2\n');
      const changed = await bot.handle({ event: 'git', kind: 'commit' });
      const text = changed.log.join('\n');
      assert.match(text, /test .*test_red fails/, clean.log.join('\n'));
      assert.match(text, /the tree holds other policies than those in force/);
      assert.match(text, /q\.rego/);
      assert.equal((await bot.handle({ event: 'git', kind: 'commit' })).log, []);
      place.git('clean', '-qfd', '.bithub');
      const right = await bot.handle({ event: 'git', kind: 'commit' });
      assert.ok(
        right.log.every((line) => line.startsWith('put right: ')),
        right.log.join('\n'),
      );
      assert.equal(right.beyond, []);
    } finally {
      place.close();
    }
  });

  test('mod says where a denied word stands in a commit, an issue and a comment, and never which', async () => {
    const place = repository({
      '.bithub.yml': deniesZounds('none'),
    });
    try {
      await ok(place, 'policy', 'accept');
      place.write('a.txt', 'two\n');
      await ok(place, 'commit', 'a.txt', '-m', 'fix the Z0unds parser\n\nZounds, it broke');
      const [commit] = await entries(place, '--event', 'COMMIT', '--phase', 'outcome');
      const bot = await handling(place, only(modBots));
      const said = await bot.handle(eventOf(commit));
      assert.equal(said.beyond, []);
      assert.match(said.log.join('\n'), /2 words that policy\.profanity denies in the message, at 1:9, 3:1/);
      const [note] = await entries(place, '--event', 'HISTORY_ANNOTATE', '--phase', 'outcome');
      assert.is(note?.['as'], 'bot:mod');
      const issue = await bot.handle({
        event: 'github',
        kind: 'issues.opened',
        facts: { action: 'opened', issue: { number: 7, title: 'zounds!', body: null } },
      });
      assert.equal(issue.log, ['issue #7: a word that policy.profanity denies']);
      const comment = await bot.handle({
        event: 'github',
        kind: 'issue_comment.created',
        facts: { issue: { number: 7, title: 'zounds!', body: '' }, comment: { body: 'a kind word' } },
      });
      assert.equal(comment.log, []);
      const all = JSON.stringify([said, issue, comment, note]);
      assert.not.match(all, /z[o0]unds/i);
      // a clean one says nothing at all
      place.write('a.txt', 'three\n');
      await ok(place, 'commit', 'a.txt', '-m', 'a kind word');
      const [clean] = await entries(place, '--event', 'COMMIT', '--phase', 'outcome');
      assert.equal((await bot.handle(eventOf(clean))).log, []);
    } finally {
      place.close();
    }
  });

  test('audit writes a report and tells what came and went since the last', async () => {
    const place = repository({ 'b.txt': 'b\n' });
    try {
      const bot = await handling(place, only(auditBots));
      const first = await bot.handle({ event: 'schedule' });
      assert.match(first.log.join('\n'), /ledger: \d+ entries, verified/);
      await ok(place, 'token', 'mint', '--cap', 'repo:*', '--for', 'ci');
      const second = await bot.handle({ event: 'schedule' }, { checkpoint: true });
      assert.ok(
        second.log.some((line) => /^\+ token: .* of ci carries repo:\*/.test(line)),
        second.log.join('\n'),
      );
      assert.ok(second.log.includes('a checkpoint was signed'), second.log.join('\n'));
      const [entry] = await entries(place, '--event', 'AUDIT_REPORT', '--phase', 'outcome');
      assert.is(entry?.['as'], 'bot:audit');
    } finally {
      place.close();
    }
  });
});
