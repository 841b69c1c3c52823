import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Commented, Labelled } from '../../src/github/index.ts';
import { entries } from '../bundled-bots/ground.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { type Github, github, issueOf, Refusal } from './server.ts';

/** A clone of octo/hello whose GitHub is the one given. */
function cloneOf(server: Github): World {
  const place = world({ env: { GH_TOKEN: 'ghp_credential', BIT_GITHUB_API: server.url } });
  place.start();
  place.git('remote', 'add', 'origin', 'https://github.com/octo/hello.git');
  return place;
}

suite('bit issue', (test) => {
  test('comment says it on the issue, once under a key, and a stranger who writes the mark keeps nobody quiet', async () => {
    const issue = issueOf({ number: 7 });
    const server = await github(issue.answers);
    const place = cloneOf(server);
    try {
      const ask = (...words: string[]) => place.bit('issue', 'comment', '7', ...words, '--json');
      const shown = await place.bit('issue', 'comment', '#7', '--body', 'one\ntwo', '--dry-run');
      assert.is(shown.code, 0, shown.stderr);
      assert.match(shown.stdout + shown.stderr, /comment on issue #7 of octo\/hello \(open\): issue 7/);
      assert.match(shown.stdout + shown.stderr, /> two/);
      assert.equal(issue.comments, []);

      place.write('said.md', '\ufefffrom a file\r\n');
      const first = await ask('--body-file', 'said.md', '--once', 'nightly');
      assert.is(first.code, 0, first.stdout + first.stderr);
      const said = JSON.parse(first.stdout) as Commented;
      assert.is(said.said, true);
      assert.match(issue.comments[0]?.body ?? '', /^from a file\n\n<!-- bit once [0-9a-f]{32} -->$/);
      const again = JSON.parse((await ask('--body', 'other words', '--once', 'nightly')).stdout) as Commented;
      assert.equal([again.said, again.url, issue.comments.length], [false, said.url, 1]);
      const mark = (issue.comments[0]?.body ?? '').split('\n').at(-1) ?? '';
      assert.is((await ask('--body', 'another', '--once', 'weekly')).code, 0);
      assert.is(issue.comments.length, 2);

      // somebody else writes the very mark of a key before it was used
      issue.comments.splice(0, 2);
      issue.say(mark, 'mallory');
      for (let n = 0; n < 120; n++) issue.say(`comment ${n}`, 'mallory');
      assert.is((await ask('--body', 'said although', '--once', 'nightly')).code, 0);
      assert.is(issue.comments.at(-1)?.user.login, 'octobit');
      const last = JSON.parse((await ask('--body', 'twice', '--once', 'nightly')).stdout) as Commented;
      assert.is(last.said, false, 'found on the second page');
      assert.equal(server.strange, [], 'every call is one of GitHub’s description');

      const [entry] = await entries(place, '--event', 'ISSUE_COMMENT', '--phase', 'intent');
      const payload = entry?.['payload'] as { target: Record<string, unknown> };
      assert.is(payload.target['capability'], 'github:write:octo/hello:issues');
      const undone = await place.bit('undo');
      assert.is.not(undone.code, 0, 'what was said is not taken back');
    } finally {
      place.close();
      await server.close();
    }
  });

  test('a policy sees what is said and where, and what it denies is not said', async () => {
    const issue = issueOf({ number: 7, pull: true });
    const server = await github(issue.answers);
    const place = cloneOf(server);
    try {
      place.write(
        '.bithub/policies/p.rego',
        'package p\nimport rego.v1\ndeny contains "no shouting" if { input.action == "issue.comment"; input.target.repo == "octo/hello"; upper(input.target.body) == input.target.body }\ndeny contains "hands off" if { input.action == "issue.label"; "frozen" in input.target.added }\n',
      );
      place.git('add', '.');
      place.git('commit', '-q', '-m', 'policies');
      assert.is((await place.bit('policy', 'accept')).code, 0);
      const shouted = await place.bit('issue', 'comment', '7', '--body', 'NO!');
      assert.is(shouted.code, 3);
      assert.match(shouted.stderr, /no shouting/);
      assert.is((await place.bit('issue', 'label', '7', '--add', 'frozen')).code, 3);
      assert.equal([issue.comments.length, issue.labels], [0, []]);
      assert.is((await place.bit('issue', 'comment', '7', '--body', 'please not')).code, 0);
      assert.is((await entries(place, '--event', 'ISSUE_COMMENT', '--phase', 'denied')).length, 1);
    } finally {
      place.close();
      await server.close();
    }
  });

  test('what is no number, no text, too long or holds a secret is refused before GitHub is asked', async () => {
    const server = await github({});
    const place = cloneOf(server);
    try {
      const code = async (...words: string[]) => (await place.bit('issue', ...words)).code;
      for (const number of ['0', '-1', '7/../8', '1e3', '99999999999', '７'])
        assert.is(await code('comment', '--body', 'x', '--', number), 2, number);
      assert.is(await code('comment', '7'), 2);
      assert.is(await code('comment', '7', '--body', ' \n '), 2);
      assert.is(await code('comment', '7', '--body', 'a', '--body-file', 'b'), 2);
      assert.is(await code('comment', '7', '--body', 'a\u001b[31mred'), 2);
      assert.is(await code('comment', '7', '--body', 'a', '--once', ''), 2);
      assert.is(await code('comment', '7', '--body', 'a', '--repo', '../x'), 2);
      assert.is(await code('comment', '7', '--body-file', 'absent.md'), 4);
      symlinkSync('/dev/zero', join(place.dir, 'endless'));
      assert.is(await code('comment', '7', '--body-file', 'endless'), 2);
      place.write('long.md', 'x'.repeat(65_401));
      assert.is(await code('comment', '7', '--body-file', 'long.md'), 2);
      place.write('huge.md', 'x'.repeat(300_000));
      assert.is(await code('comment', '7', '--body-file', 'huge.md'), 2);
      const bytes = await place.bitWith({ input: 'a\0b' }, 'issue', 'comment', '7', '--body-file', '-');
      assert.is(bytes.code, 2);
      const leak = await place.bit(
        'issue',
        'comment',
        '7',
        '--body',
        `see ${'ghp'}_${'a1B2c3D4e5'.repeat(4)}`,
      );
      assert.is(leak.code, 3);
      assert.not.match(leak.stderr, /a1B2c3/);
      for (const label of ['.', '..', ' ', 'a\nb', 'x'.repeat(51)])
        assert.is(await code('label', '7', '--remove', label), 2, label);
      assert.is(await code('label', '7'), 2);
      assert.is(await code('label', '7', '--add', 'Bug', '--remove', 'bug'), 2);
      assert.equal(server.calls, []);
    } finally {
      place.close();
      await server.close();
    }
  });

  test('label adds what is not there and takes what is, by names of any characters, and says what was done before a failure', async () => {
    const issue = issueOf({ number: 9 });
    issue.labels.push('Triage', 'a/../b? 50%');
    const server = await github((call) =>
      call.endsWith('/labels/stuck') ? new Refusal(403) : issue.answers(call),
    );
    const place = cloneOf(server);
    try {
      const label = (...words: string[]) => place.bit('issue', 'label', '9', ...words, '--json');
      const done = await label('--add', 'bug', '--add', 'BUG', '--add', 'triage', '--remove', 'a/../b? 50%');
      assert.is(done.code, 0, done.stdout + done.stderr);
      const out = JSON.parse(done.stdout) as Labelled;
      assert.equal([out.added, out.removed, out.labels], [['bug'], ['a/../b? 50%'], ['Triage', 'bug']]);
      assert.equal(issue.labels, ['Triage', 'bug']);
      const before = server.calls.length;
      assert.is((await label('--add', 'bug', '--remove', 'absent')).code, 0);
      assert.equal(server.calls.slice(before), ['GET /repos/octo/hello/issues/9'], 'nothing to change');

      issue.labels.push('stuck');
      const failed = await label('--add', 'new', '--remove', 'triage', '--remove', 'stuck');
      assert.is(failed.code, 3);
      assert.match(failed.stdout + failed.stderr, /done before that: \+new -Triage/);
      assert.equal(server.strange, []);
    } finally {
      place.close();
      await server.close();
    }
  });

  test('what GitHub refuses has a code of its own: absent, without leave, asked too often, out of reach', async () => {
    const server = await github({
      'GET /repos/octo/hello/issues/2': new Refusal(403),
      'GET /repos/octo/hello/issues/3': new Refusal(403, { 'retry-after': '7' }),
      'GET /repos/octo/hello/issues/4': new Refusal(410),
      'GET /repos/octo/hello/issues/5': new Refusal(502),
    });
    const place = cloneOf(server);
    try {
      const ask = (number: string) => place.bit('issue', 'comment', number, '--body', 'x');
      const codes: number[] = [];
      for (const number of ['1', '2', '3', '4', '5']) codes.push((await ask(number)).code);
      assert.equal(codes, [4, 3, 6, 4, 6]);
      assert.match((await ask('3')).stderr, /ask again in 7 s/);
      await server.close();
      const gone = await ask('1');
      assert.is(gone.code, 6);
      assert.match(gone.stderr, /GitHub can not be reached/);
    } finally {
      place.close();
    }
  });

  test('who acts under a token names no address of an API, and a bot no repository but those of the remotes', async () => {
    const issue = issueOf({ number: 7 });
    const server = await github(issue.answers);
    const place = cloneOf(server);
    try {
      const minted = await place.bit('token', 'mint', '--cap', 'issue:comment', '--for', 'bot:mod', '--json');
      (place.env as Record<string, string>)['BITHUB_TOKEN'] = (
        JSON.parse(minted.stdout) as { token: string }
      ).token;
      const ask = (...words: string[]) => place.bit('issue', 'comment', '7', '--body', 'x', ...words);
      const stolen = await ask('--api', server.url);
      assert.is(stolen.code, 3);
      assert.match(stolen.stderr, /goes to no address/);
      assert.is((await ask('--repo', 'octo/other')).code, 3);
      assert.equal(server.calls, []);
      assert.is((await place.bit('issue', 'label', '7', '--add', 'x')).code, 3);
      assert.is((await ask('--repo', 'Octo/Hello')).code, 4, 'asked as it was written');
      assert.is((await ask()).code, 0);
      assert.is(issue.comments.length, 1);
    } finally {
      place.close();
      await server.close();
    }
  });
});
