/** What is allowed, who is told, and how people are met. */
import { any, choice, flag, list, object, text, whole } from '../shape.ts';
import { secretReference } from './frame.ts';
import { condition } from './orchestration.ts';

const words = (about: string) => list(text(undefined, { most: 256 }), about, { most: 1000 });

export const policy = object(
  'Settings that policies read as input.config, once accepted; keys of your own are for rules of your own.',
  {
    profanity: object('Language of logs and texts.', {
      mode: choice(
        ['off', 'compliant-banter', 'strict'],
        'off: nothing is looked for; compliant-banter: the denylist, less the allowlist; strict: the allowlist counts for nothing.',
      ),
      allowlist: words('Words that are let through.'),
      denylist: words('Words that are not; name/* is a list of words in .bithub/words/name/.'),
      logRedaction: choice(
        ['none', 'partial', 'full'],
        'What becomes of such a word in a log: partial keeps its first letter.',
      ),
    }),
    security: object('What a scan may find.', {
      vulnThreshold: choice(
        ['low', 'medium', 'high', 'critical'],
        'Fails above this severity: high fails on critical only.',
      ),
      allowlistPackages: words('Packages whose findings are let through.'),
    }),
    compliance: object('Licences, as SPDX has them.', {
      licensesAllow: words('Only these.'),
      licensesDeny: words('None of these.'),
    }),
    codeowners: object('Reviews.', {
      requiredReviews: whole(0, 100, 'Code owners who must have approved.'),
    }),
    protected: any('Whether the default branch’s history stays, or what your rules make of it.'),
    decision_log: flag('Write every decision to decisions.log.'),
    http: any('Hosts a policy may ask: docs/policy.md.'),
  },
  { open: true },
);

export const notifications = object('Who is told how a run went.', {
  channels: list(
    object(
      'A way to tell.',
      {
        type: choice(['github-checks', 'webhook'], 'What it is.'),
        level: choice(
          ['info', 'warn', 'error'],
          'info: everything; warn: what went wrong, also where the run went on; error: runs that failed.',
        ),
        urlRef: secretReference,
        name: text('To tell two of a kind apart.', { most: 64 }),
      },
      { required: ['type'] },
    ),
    'Channels.',
    { most: 32 },
  ),
});

const locale = text('A language tag such as en-US.', {
  pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}$/,
  wanted: 'a language tag such as en-US',
});

export const support = object('How people are met.', {
  ux: object('What they see.', {
    logs: object('Logs.', {
      highContrast: flag('Colours of high contrast.'),
      treeView: flag('As a tree.'),
      timestamps: choice(['iso8601', 'relative', 'none'], 'Times of log lines.'),
    }),
    localization: object('Language.', { defaultLocale: locale, fallbackLocale: locale }),
  }),
  userDirectives: list(
    object(
      'A switch.',
      {
        key: text('Its name.', {
          pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
          wanted: 'a name of letters, digits, _, . and -',
        }),
        description: text('What it is for.', { lines: true }),
        when: condition,
        effect: text(
          "What it does: orchestration.disable(workflow='…'), orchestration.enable(workflow='…'), bots.NAME.enable=true or =false.",
          { most: 500 },
        ),
      },
      { required: ['key', 'when', 'effect'] },
    ),
    'Switches.',
    { most: 200 },
  ),
});
