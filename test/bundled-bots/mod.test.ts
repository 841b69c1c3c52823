/** The mod bot at GitHub: what it says there, and when it does not. */
import * as assert from 'uvu/assert';
import { bots } from '../../plugins/mod/bots.ts';
import type { JsonObject } from '../../src/api/index.ts';
import { type Github, github, issueOf, Refusal } from '../github/server.ts';
import { suite } from '../suite.ts';
import { type World, world } from '../world.ts';
import { deniesZounds, entries, handling } from './ground.ts';

const [MOD] = bots;
if (MOD === undefined) throw new Error('no mod');
const REPOSITORY = { full_name: 'octo/hello' };
const SPEAKS = { comment: true, label: 'language' };
const SAYS = 'a word that policy.profanity denies';

async function cloneOf(server: Github): Promise<World> {
  const place = world({ env: { GH_TOKEN: 'ghp_credential', BIT_GITHUB_API: server.url } });
  place.start();
  place.git('remote', 'add', 'origin', 'git@github.com:octo/hello.git');
  place.write('.bithub.yml', deniesZounds());
  place.git('add', '.');
  place.git('commit', '-q', '-m', 'files');
  assert.is((await place.bit('policy', 'accept')).code, 0);
  return place;
}

function told(kind: string, payload: JsonObject) {
  return { event: 'github' as const, kind, facts: { payload: { repository: REPOSITORY, ...payload } } };
}

function issueTold(action: string, title: string) {
  return told(`issues.${action}`, { issue: { number: 7, id: 70, title, body: 'it fails' } });
}

function commentTold(action: string, comment: { readonly id: number; readonly body: string }) {
  const { id, body } = comment;
  return told(`issue_comment.${action}`, { issue: { number: 7, id: 70, title: 'x' }, comment: { id, body } });
}

suite('mod at GitHub', (test) => {
  test('reports only, until its settings ask for more; what it was not granted is refused and said in its log', async () => {
    const issue = issueOf({ number: 7 });
    const server = await github(issue.answers);
    const place = await cloneOf(server);
    try {
      const bot = await handling(place, MOD);
      assert.equal((await bot.handle(issueTold('opened', 'zounds'))).log, [`issue #7: ${SAYS}`]);
      assert.equal(server.calls, []);
      const least = await handling(place, MOD, ['query:check:language']);
      const { log } = await least.handle(issueTold('opened', 'zounds'), SPEAKS);
      assert.is(log.length, 3, log.join('\n'));
      assert.match(log[1] ?? '', /^nothing was said: .*does not carry issue:comment/);
      assert.match(log[2] ?? '', /^no label was set: .*does not carry issue:label/);
      assert.equal([issue.comments.length, issue.labels], [0, []]);
      assert.is((await entries(place, '--event', 'ISSUE_COMMENT', '--phase', 'denied')).length, 1);
    } finally {
      place.close();
      await server.close();
    }
  });

  test('says it once of each text, labels while one stands there, and answers none of its own comments', async () => {
    const issue = issueOf({ number: 7 });
    const server = await github(issue.answers);
    const place = await cloneOf(server);
    try {
      const bot = await handling(place, MOD);
      const first = await bot.handle(issueTold('opened', 'Zounds!'), SPEAKS);
      assert.equal([first.log, first.beyond], [[`issue #7: ${SAYS}`], []]);
      assert.is(issue.comments.length, 1);
      assert.not.match(issue.comments[0]?.body ?? '', /zounds/i);
      assert.equal(issue.labels, ['language']);

      // the same again, and its state lost as by a crash after it spoke: it stands on GitHub already
      assert.equal((await bot.handle(issueTold('edited', 'zounds, again'), SPEAKS)).log, []);
      const other = await handling(place, MOD);
      await other.handle(issueTold('opened', 'Zounds!'), SPEAKS);
      assert.is(issue.comments.length, 1);

      // its own comment, even if a policy came to deny a word of it meanwhile
      const [own] = issue.comments;
      const answered = await bot.handle(commentTold('created', { id: own?.id ?? 0, body: 'zounds' }), SPEAKS);
      assert.equal([answered.log, answered.commands], [[], []]);

      const rude = issue.say('zounds to you', 'mallory');
      assert.equal((await bot.handle(commentTold('created', rude), SPEAKS)).log, [`comment #7: ${SAYS}`]);
      assert.is(issue.comments.length, 3);
      const righted = await bot.handle(issueTold('edited', 'a kind word'), SPEAKS);
      assert.equal(righted.log, ['issue #7: it was put right']);
      assert.equal(issue.labels, ['language'], 'the comment still stands');
      await bot.handle(commentTold('deleted', rude), SPEAKS);
      assert.equal(issue.labels, []);
      assert.equal(server.strange, []);
      const said = await entries(place, '--event', 'ISSUE_COMMENT', '--phase', 'outcome');
      assert.ok(said.every((entry) => entry['as'] === 'bot:mod'));
    } finally {
      place.close();
      await server.close();
    }
  });

  test('words of one’s own that the policy denies are not said; a GitHub that fails fails the event, which comes again', async () => {
    const issue = issueOf({ number: 7 });
    let fails = true;
    const server = await github((call) =>
      fails && call.startsWith('POST') ? new Refusal(502) : issue.answers(call),
    );
    const place = await cloneOf(server);
    try {
      const bot = await handling(place, MOD);
      const rude = await bot.handle(issueTold('opened', 'zounds'), { comment: 'Zounds, mind your words' });
      assert.match(rude.log.join('\n'), /settings\.comment can not be said/);
      const review = told('pull_request_review_comment.created', {
        pull_request: { number: 7, id: 1, title: 'x', body: '' },
        comment: { id: 5, body: 'zounds' },
      });
      const again = () => bot.handle(review, { comment: 'Kindly, please.' });
      try {
        await again();
        assert.unreachable('it was not said');
      } catch (error) {
        assert.match(String(error), /nothing was said: a comment on #7: GitHub answers 502/);
      }
      fails = false;
      await again();
      assert.match(issue.comments[0]?.body ?? '', /^Kindly, please\.\n\n<!-- bit once/);
      const discussion = { number: 7, title: 'zounds', body: '' };
      await bot.handle(told('discussion.created', { discussion }), SPEAKS);
      assert.is(issue.comments.length, 1, 'a discussion’s number is none of an issue’s');
    } finally {
      place.close();
      await server.close();
    }
  });
});
