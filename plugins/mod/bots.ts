/**
 * Mod: holds commits, issues, pull requests and comments against `policy.profanity` of `.bithub.yml` as accepted. It says
 * where a denied word stands and never which: not in its log, nor in a note.
 *
 *     settings:
 *       annotate: true         # false: no note at a commit's operation
 *       comment: true          # say so on the issue or pull request, once for each text; or the words to say it in
 *       label: language        # what it is labelled while one stands there
 *
 * The last two take `issue:comment`, `issue:label` and the host of GitHub's API; without them it only reports.
 */
import type { Bot, BotContext, BotEvent } from '@bithub/cli';
import { isObject, objects, why } from '../answers.ts';
import { onGithub } from './github.ts';
import { look, words } from './look.ts';

const mod: Bot = {
  name: 'mod',
  description: 'Holds commits, issues, pull requests and comments against the words policy.profanity denies.',
  on: [
    { event: 'ledger', kinds: ['COMMIT'] },
    {
      event: 'github',
      kinds: [
        'issues.opened',
        'issues.edited',
        'issue_comment.created',
        'issue_comment.edited',
        'issue_comment.deleted',
        'pull_request.opened',
        'pull_request.edited',
        'pull_request_review.submitted',
        'pull_request_review.edited',
        'pull_request_review_comment.created',
        'pull_request_review_comment.edited',
        'pull_request_review_comment.deleted',
      ],
    },
  ],
  capabilities: [
    ...['query:check:language', 'query:history:query', 'query:log', 'history:annotate'],
    ...['issue:comment', 'issue:label', 'network:api.github.com:443'],
  ],
  async handle(event, context) {
    if (event.event === 'github') return onGithub(event, context);
    return onCommit(event, context);
  },
};

async function onCommit(event: BotEvent, context: BotContext): Promise<void> {
  const [, chain, seq] = /^ledger:([0-9A-Za-z]{26})\/(\d{1,15})$/.exec(event.id) ?? [];
  if (chain === undefined || seq === undefined) return;
  const found = await context.bit(
    ['history', 'query', `.chain == "${chain}" and .seq == ${seq}`, '--event', 'COMMIT', '--limit', '1'],
    { json: true },
  );
  const [entry] = isObject(found.json) ? objects(found.json['entries']) : [];
  const payload = entry !== undefined && isObject(entry['payload']) ? entry['payload'] : {};
  const result = isObject(payload['result']) ? payload['result'] : {};
  const oid = [result['oid'], result['commit']].find(
    (one) => typeof one === 'string' && /^[0-9a-f]{40,64}$/.test(one),
  );
  if (entry?.['phase'] !== 'outcome' || typeof oid !== 'string') return;
  // other operations may have come since: the commit is among the newest as of then
  const until = typeof entry['ts'] === 'string' ? ['--until', entry['ts']] : [];
  const log = await context.bit(['log', 'full', oid, ...until, '--number', '20'], { json: true });
  const items = isObject(log.json) ? objects(log.json['items']) : [];
  const commit = items.find((item) => item['kind'] === 'commit' && item['oid'] === oid);
  if (commit === undefined) return context.log(`commit ${oid.slice(0, 10)} could not be read`);
  const text = `${String(commit['subject'] ?? '')}\n\n${String(commit['body'] ?? '')}`;
  const at = await look(text, context);
  if (at === undefined || at.length === 0) return;
  const told = `${words(at.length)} that policy.profanity denies in the message, at ${at.slice(0, 10).join(', ')}`;
  context.log(`commit ${oid.slice(0, 10)}: ${told}`);
  if (context.settings['annotate'] === false || typeof entry['op'] !== 'string') return;
  const noted = await context.bit(['history', 'annotate', entry['op'], `language: ${told}`]);
  if (noted.status !== 0) context.log(`no note was left: ${why(noted)}`);
}

export const bots: readonly Bot[] = [mod];
