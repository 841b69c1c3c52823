import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { JsonObject } from '../../src/api/index.ts';
import { startHost, until } from '../bots/ground.ts';
import { github, issueOf } from '../github/server.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { deniesZounds, entries } from './ground.ts';

async function ok(place: World, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.bit(...words);
  assert.is(code, 0, `bit ${words.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/** Created from its template, deployed, and what happened then handled by the real host. */
async function deployed(place: World, name: string, settings = ''): Promise<void> {
  await ok(place, 'bot', 'create', 'from-template', '--template', name, '--yes');
  if (settings !== '') {
    const path = `.bithub/bots/${name}.yml`;
    place.write(path, `${place.read(path).replace(/^settings:.*\n/m, '')}settings: ${settings}\n`);
  }
  await ok(place, 'bot', 'deploy', name, '--yes');
}

const seen: string[] = [];

async function as(place: World, bot: string, event: string): Promise<readonly JsonObject[]> {
  const found = await entries(place, '--event', event, '--phase', 'outcome');
  if (found.length > 0) seen.push(...found.map((entry) => `${event} as ${String(entry['as'])}`));
  return found.filter((entry) => entry['as'] === `bot:${bot}`);
}

/** What the bots said, each. */
function logsOf(place: World): string {
  const folder = join(place.dir, '.git/bit/bots');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('log') && statSync(join(folder, name)).isFile())
    .map((name) => `${name}\n${readFileSync(join(folder, name), 'utf8')}`)
    .join('\n');
}

suite('bundled bots at their host', (test) => {
  test('a denied tag is explained by policy, a failed run mended by repair, a commit held by mod: each as its own actor', async () => {
    const place = world();
    try {
      place.start();
      place.write('.bithub.yml', deniesZounds());
      place.write(
        '.bithub/policies/p.rego',
        'package p\nimport rego.v1\ndeny contains "no tags" if input.action == "repo.tag"\n',
      );
      place.write('.bithub/workflows/ci.yml', 'jobs:\n  unit:\n    steps:\n      - run: ./check.sh\n');
      place.write('check.sh', '#!/bin/sh\necho fine\n');
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'files');
      await ok(place, 'policy', 'accept');
      for (const name of ['policy', 'repair', 'mod', 'planner']) await deployed(place, name);
      await ok(place, 'bot', 'run', '--once');
      assert.is((await place.bit('tag', 'new', 'v1')).code, 3);
      assert.is((await place.bit('run', 'ci')).code, 1);
      place.write('a.txt', 'two\n');
      await ok(place, 'commit', 'a.txt', '-m', 'zounds');
      const session = await ok(place, 'bot', 'run', '--once');
      const logs = logsOf(place);
      assert.is((await as(place, 'policy', 'HISTORY_ANNOTATE')).length, 1, `${session}${logs}${seen.join()}`);
      assert.is((await as(place, 'mod', 'HISTORY_ANNOTATE')).length, 1, `${session}${logs}${seen.join()}`);
      assert.is((await as(place, 'repair', 'BOT_AUTOFIX')).length, 1, `${session}${logs}${seen.join()}`);
      assert.match(place.git('for-each-ref', '--format=%(refname:short)', 'refs/heads/fix'), /^fix\//);
      // nothing is handled twice
      await ok(place, 'bot', 'run', '--once');
      assert.is((await as(place, 'policy', 'HISTORY_ANNOTATE')).length, 1);
    } finally {
      place.close();
    }
  });

  test('a changed workflow is planned anew by the planner, and audit reports', async () => {
    const place = world();
    try {
      place.start();
      place.write('.bithub/workflows/ci.yml', 'jobs:\n  unit:\n    steps:\n      - run: sleep 0.1\n');
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'files');
      for (let run = 0; run < 3; run++) await ok(place, 'run', 'ci');
      await deployed(place, 'planner', '{ propose: false }');
      await ok(place, 'bot', 'create', 'from-template', '--template', 'audit', '--yes');
      const path = '.bithub/bots/audit.yml';
      place.write(path, place.read(path).replace("schedule: '0 3 * * *'", 'ledger: TAG_NEW'));
      await ok(place, 'bot', 'deploy', 'audit', '--yes');
      await ok(place, 'bot', 'run', '--once');
      place.write('.bithub/workflows/ci.yml', 'jobs:\n  unit:\n    steps:\n      - run: sleep 0.2\n');
      place.git('commit', '-q', '-am', 'slower');
      await ok(place, 'tag', 'new', 'v1');
      const session = await ok(place, 'bot', 'run', '--once');
      const logs = logsOf(place);
      assert.match(logs, /ci\.yml/);
      assert.ok((await as(place, 'audit', 'AUDIT_REPORT')).length > 0, session + logs);
    } finally {
      place.close();
    }
  });

  test('mod speaks on GitHub by the way its network capability opens, and by no other', async () => {
    const issue = issueOf({ number: 7 });
    const server = await github(issue.answers);
    const place = world({ env: { GH_TOKEN: 'ghp_credential', BIT_GITHUB_API: server.url } });
    try {
      place.start();
      place.git('remote', 'add', 'origin', 'https://github.com/octo/hello.git');
      place.write('.bithub.yml', deniesZounds());
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'files');
      await ok(place, 'policy', 'accept');
      const set = await place.bitWith({ input: 'a secret of webhooks\n' }, 'secret', 'set', 'HOOK');
      assert.is(set.code, 0, set.stderr);
      await ok(place, 'bot', 'create', 'from-template', '--template', 'mod', '--yes');
      const path = '.bithub/bots/mod.yml';
      const granted = `  - issue:comment\n  - issue:label\n  - network:127.0.0.1:${server.port}\n`;
      place.write(
        path,
        `${place.read(path).replace('capabilities:\n', `capabilities:\n${granted}`)}settings: { comment: true, label: language }\n`,
      );
      await ok(place, 'bot', 'deploy', 'mod', '--yes');
      const host = startHost(place, '--webhook-secret', 'HOOK', '--port', '0');
      try {
        await until('it listens', () => /^http:\S+$/m.test(host.said()), host.said);
        const [address = ''] = /^http:\S+$/m.exec(host.said()) ?? [];
        const text = JSON.stringify({
          action: 'opened',
          issue: { number: 7, id: 70, title: 'zounds', body: '' },
          repository: { full_name: 'octo/hello' },
        });
        const { status } = await fetch(address, {
          method: 'POST',
          body: text,
          headers: {
            'content-type': 'application/json',
            'x-github-event': 'issues',
            'x-github-delivery': 'delivery-1',
            'x-hub-signature-256': `sha256=${createHmac('sha256', 'a secret of webhooks').update(text).digest('hex')}`,
          },
        });
        assert.is(status, 202);
        await until(
          'it labelled',
          () => issue.labels.length > 0,
          () => host.said() + logsOf(place),
        );
      } finally {
        host.child.kill('SIGTERM');
        if (host.child.exitCode === null) await new Promise((resolve) => host.child.once('close', resolve));
      }
      assert.is(issue.comments.length, 1);
      assert.equal(issue.labels, ['language']);
      assert.equal(server.strange, []);
      assert.is((await as(place, 'mod', 'ISSUE_COMMENT')).length, 1);
    } finally {
      place.close();
      await server.close();
    }
  });
});
