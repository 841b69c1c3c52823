/** Where it goes: bit deploy. */
import { choice, either, list, map, object, text, whole } from '../shape.ts';

const secretName = text('Name of a secret of bit secret set; its variable is called the same.', {
  pattern: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  wanted: 'the name of a secret',
});

const commandLines = text(undefined, { most: 65_536, lines: true });

const target = object(
  'A place to deploy to.',
  {
    kind: choice(
      ['script', 'env', 'bot'],
      'script (default): commands of your own; env, bot: what bit runs itself.',
    ),
    bot: text('Of kind bot: which one; default the one the target is called like.', {
      pattern: /^[a-z][a-z0-9-]{0,62}$/,
      wanted: 'the name of a bot',
    }),
    scope: choice(['repo', 'org'], 'Of kind bot: where it works; default repo.'),
    command: either(
      [commandLines, list(commandLines, undefined, { least: 1, most: 100 })],
      'What deploys, for sh -e.',
    ),
    script: text('A program of this repository that deploys, instead of a command.', { most: 1024 }),
    environment: map(text(undefined, { most: 32_768, lines: true }), 'Variables it gets.', {
      names: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
      wanted: 'the name of a variable',
    }),
    secrets: list(secretName, 'Secrets it gets, and no others.', { most: 64 }),
    writable: list(
      text(undefined, { most: 1024 }),
      'Folders beside the work tree that the sandbox lets it write.',
      {
        most: 32,
      },
    ),
    timeout: whole(1, 86_400, 'Seconds it may take; default 3600.'),
    health: object(
      'When it counts as deployed.',
      {
        command: text('It succeeds.', { most: 65_536, lines: true }),
        url: text('It answers; http or https.', {
          pattern: /^https?:\/\/[^\s]+$/,
          wanted: 'an http or https address',
          most: 2048,
        }),
        status: whole(100, 599, 'With this status; default any from 200 to 299.'),
        retries: whole(0, 1000, 'Tries after the first; default 5.'),
        timeout: whole(1, 600, 'Seconds of one try; default 10.'),
        interval: whole(0, 600, 'Seconds between tries; default 2.'),
      },
      { oneOf: ['command', 'url'] },
    ),
    rollback: text('What goes back to the release in $BIT_RELEASE; default: deploys that one again.', {
      most: 65_536,
      lines: true,
    }),
    keep: whole(1, 1000, 'Releases whose folder is kept; default 5.'),
  },
  {},
);

export const deploy = object('Targets of bit deploy.', {
  targets: map(target, 'Targets by name.', {
    names: /^[a-z0-9][a-z0-9_.-]{0,62}$/,
    wanted: 'small letters, digits, _, . and -, at most 63',
  }),
});
