/** What single commands read: bit build, test, check, schedule, trigger. */
import { choice, either, flag, list, map, number, object, text, whole } from '../shape.ts';

const pattern = text(undefined, { most: 1024 });
const patterns = (about: string) => either([pattern, list(pattern)], about);
const commandLine = text(undefined, { most: 65_536, lines: true });
const variable = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const seconds = (about: string) => number(0.001, 604_800, about);
const workflow = text('A workflow or script, as bit run takes it.', { most: 1024 });
const name = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
const wanted = 'small letters, digits, _, . and -, at most 64';

const target = object('A thing to build.', {
  command: either([commandLine, list(commandLine, undefined, { least: 1 })], 'What builds it, for sh -c.'),
  directory: text('Folder it runs in, and its patterns are relative to; default the repository.', {
    most: 1024,
  }),
  inputs: patterns('What it reads; default everything in its folder.'),
  outputs: patterns('What it leaves.'),
  depends: either([text(), list(text())], 'Targets that are built before it.'),
  env: either(
    [text(), list(text())],
    'Variables it sees beside those every program needs; NAME_* for several.',
  ),
  set: map(
    either([
      text(undefined, { most: 32_768, lines: true, pattern: /^[^\0]*$/ }),
      number(-1e15, 1e15),
      flag(),
    ]),
    'Variables set for it.',
    { names: variable, wanted: 'the name of a variable' },
  ),
  tools: either([text(), list(text())], 'Programs whose version its result depends on.'),
  cache: flag('Whether its result is kept and brought back; default yes.'),
  timeout: seconds('Seconds it may take.'),
});

export const build = object('Targets of bit build.', {
  targets: map(target, 'Targets by name.', {
    names: /^[\p{L}\p{N}@][\p{L}\p{N}@/._:-]{0,127}$/u,
    wanted: 'letters, digits and @ / . _ : -',
  }),
  prepare: either(
    [commandLine, list(commandLine)],
    'What another machine runs in its fresh checkout before a target of bit build --on mesh, or a suite of bit test.',
  ),
  detect: flag('Also what the tree holds; default only where no target stands here.'),
  cache: object('What is kept of builds.', {
    most: either(
      [text('As 500 MB or 2 GiB.'), whole(0, 2 ** 50)],
      'Bytes the cache may hold; default 10 GiB.',
    ),
  }),
});

const suite = either([
  commandLine,
  object(
    'A command that runs tests.',
    {
      command: commandLine,
      directory: text('Folder it runs in; default the repository.', { most: 1024 }),
      report: text('JUnit XML it writes, relative to its folder.', { most: 1024 }),
      timeout: seconds('Seconds it may take.'),
    },
    { required: ['command'] },
  ),
]);

export const test = object('What bit test runs instead of what it finds.', {
  unit: suite,
  integration: suite,
  fuzz: suite,
  custom: suite,
});

export const check = object('What bit check looks at.', {
  exclude: list(pattern, 'Files that are neither looked through for secrets nor formatted.'),
});

const cron = text('Five fields of cron: minute, hour, day, month, day of the week; or @daily and the like.', {
  most: 100,
});

export const schedules = map(
  object(
    'A workflow by the clock.',
    {
      workflow,
      cron,
      timezone: text('IANA name, such as Europe/Berlin; default UTC.', { most: 64 }),
      missed: choice(['skip', 'once'], 'What becomes of times at which nobody was there; default skip.'),
    },
    { required: ['workflow', 'cron'] },
  ),
  'Workflows by the clock, by name. They run in a clone once it says bit schedule adopt.',
  { names: /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, wanted: 'letters, digits, . _ and -, at most 100' },
);

/** What a workflow may run on: bit trigger. */
export const TRIGGER_EVENTS = ['commit', 'push', 'merge', 'tag', 'file', 'ledger', 'webhook'] as const;
const event = choice(TRIGGER_EVENTS, 'An event.');

export const triggers = map(
  object(
    'A workflow tied to events.',
    {
      on: either([event, list(event, undefined, { least: 1 })], 'The events; without it any but webhooks.'),
      workflow,
      branches: patterns('Branches it counts for; ! takes some out again.'),
      tags: patterns('Tags it counts for.'),
      paths: patterns('It counts where one of these files changed.'),
      kinds: either(
        [text(), list(text())],
        'Ledger events (COMMIT), or GitHub’s names of webhook events (push).',
      ),
      if: text('An expression that must hold.', { most: 2000, lines: true }),
      inputs: map(
        text(undefined, { most: 32_768, lines: true, pattern: /^[^\0]*$/ }),
        'Inputs; ${{ event.commit }} and the like stand for values.',
      ),
      secret: text('Name of the secret that signs its webhooks.', {
        pattern: variable,
        wanted: 'the name of a secret',
      }),
      debounce: whole(0, 3_600_000, 'Milliseconds of quiet after a file changed.'),
    },
    { required: ['workflow'] },
  ),
  'Workflows tied to events, by name. They run in a clone once it says bit trigger adopt.',
  { names: name, wanted },
);
