import { any, choice, either, list, map, object, text, type ValueOf, whole } from '../specification/index.ts';
import { BOT_EVENTS, DEFAULT_LIMITS } from './model.ts';

export const BOT_SCHEMA_ID = 'https://bithub.dev/schema/bot-v1.json';

/** Of a bot: its file's, its actor's and its branches'. */
export const BOT_NAME = /^[a-z][a-z0-9-]{0,62}$/;
export const NAME_WANTED = 'a small letter, then small letters, digits and -, at most 63';

const short = (about: string) => text(about, { most: 256 });
const texts = (about: string) =>
  either([short(about), list(text(undefined, { most: 256 }), about, { most: 64 })], about);

const subscription = object(
  'Something it hears of: an event by its name (ledger: COMMIT), or event: with more.',
  {
    event: choice(BOT_EVENTS, 'The event, where more is said of it.'),
    ledger: texts('Events of the ledger: COMMIT, WORKFLOW_RUN.'),
    git: texts('commit, tag or ref.'),
    workflow: texts('failed, finished or waiting.'),
    schedule: short('A cron line of five fields, UTC.'),
    mesh: texts('Messages of the mesh: JOB_RESULT.'),
    github: texts('Webhooks: issues.opened, pull_request.'),
    kinds: texts('Which of them; none: all.'),
    workflows: texts('Only of these workflows.'),
    branches: texts('Only on branches of these patterns.'),
    paths: texts('Only where files of these patterns changed.'),
    cron: short('Of schedule: when, five fields, UTC.'),
    if: text('Only where this expression holds.', { most: 4096, lines: true }),
  },
  { oneOf: ['event', ...BOT_EVENTS] },
);

const limits = object('What an event may use.', {
  memory_mb: whole(16, 65_536, `Megabytes of memory; default ${DEFAULT_LIMITS.memory_mb}.`),
  seconds: whole(1, 86_400, `Seconds; default ${DEFAULT_LIMITS.seconds}.`),
  processes: whole(1, 4096, `Processes at once; default ${DEFAULT_LIMITS.processes}.`),
  output_mb: whole(1, 1024, `Megabytes printed; default ${DEFAULT_LIMITS.output_mb}.`),
  attempts: whole(1, 20, `Tries before it is given up; default ${DEFAULT_LIMITS.attempts}.`),
});

/** `.bithub/bots/<name>.yml`, whole. */
export const BOT_SHAPE = object(
  'A bot: what it listens to, what it may do, and who handles it.',
  {
    name: text('Its name, the same as the file’s.', { pattern: BOT_NAME, wanted: NAME_WANTED }),
    description: text('One sentence.', { most: 300 }),
    handler: text('bundled:NAME, plugin:PACKAGE#NAME, or script:FILE below .bithub/bots/<name>/.', {
      pattern: /^(?:bundled|plugin|script):[^\s]{1,300}$/,
      wanted: 'bundled:NAME, plugin:PACKAGE#NAME or script:FILE',
      most: 320,
    }),
    on: list(either([choice(BOT_EVENTS), subscription]), 'What it hears of.', { most: 64 }),
    capabilities: list(
      text(undefined, { most: 256 }),
      'What it may do at the most: actions (repo:commit), reads (query:*), tree:read, network:HOST.',
      { most: 64 },
    ),
    limits,
    settings: map(any(), 'Handed to its handler.'),
  },
  { required: ['name', 'handler'] },
);

export type WrittenBot = ValueOf<typeof BOT_SHAPE>;
