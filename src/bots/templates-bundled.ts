import type { BotTemplate } from './templates.ts';

function bundled(
  name: string,
  rest: Pick<BotTemplate, 'description' | 'on' | 'capabilities' | 'settings'>,
): BotTemplate {
  return { name, language: 'bundled', handler: `bundled:${name}`, files: {}, ...rest };
}

/** The bots that come with bit. */
export const BUNDLED: readonly BotTemplate[] = [
  bundled('planner', {
    description:
      'Foresees runs by their history, and proposes jobs in better order, caches and fused workflows.',
    on: [
      '- event: git',
      '  kinds: [commit]',
      "  paths: ['.bithub.yml', '.bithub/workflows/**', '.github/workflows/**']",
      "- schedule: '0 5 * * 1'",
    ],
    capabilities: ['workflow:plan'],
  }),
  bundled('repair', {
    description: 'Finds why a step failed, tries the fix aside, and proposes it on a branch.',
    on: ['- workflow: failed'],
    capabilities: ['query:flow:plan', 'bot:autofix', 'repo:commit'],
  }),
  bundled('policy', {
    description:
      'Explains what policies refused; tells of rules nothing asks, red tests, and drift from what is in force.',
    on: [
      '- event: git',
      '  kinds: [commit]',
      "  paths: ['.bithub/policies/**', '.bit/rego/**', '.bithub.yml']",
      '- event: ledger',
      `  if: "event.phase == 'denied'"`,
      "- schedule: '0 6 * * *'",
    ],
    capabilities: [
      'query:policy:check',
      'query:policy:test',
      'query:policy:explain',
      'query:status',
      'query:history:query',
      'history:annotate',
    ],
  }),
  bundled('mod', {
    description:
      'Holds commits, issues, pull requests and comments against the words policy.profanity denies.',
    on: ['- ledger: COMMIT', '- github: [issues.opened, issue_comment.created, pull_request.opened]'],
    capabilities: ['query:check:language', 'query:history:query', 'query:log', 'history:annotate'],
  }),
  bundled('audit', {
    description:
      'Verifies the ledger and looks over permissions, keys, tokens and bots by the clock; reports what changed.',
    on: ["- schedule: '0 3 * * *'"],
    capabilities: ['audit:report', 'query:bot:secure:scan'],
  }),
];
