import {
  any,
  either,
  faulty,
  list,
  map,
  number,
  object,
  parseYaml,
  readYamlText,
  text,
  validate,
  whole,
} from '../specification/index.ts';

const command = text('A command, as a shell takes it.', { most: 65_536, lines: true });

const SHAPE = object('Commands people run here, in their order.', {
  version: either([text(), number(0, 1000)], 'The version of this form: 1.'),
  env: map(
    either([text(undefined, { pattern: /^[^\0]*$/, lines: true }), number(-1e15, 1e15)]),
    'Their environment.',
    {
      names: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
      wanted: 'the name of an environment variable',
    },
  ),
  preflight: list(command, 'What must succeed first.', { most: 200 }),
  commands: list(
    object(
      'A command.',
      {
        name: text('Its name; its log is called by it.', {
          pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
          wanted: 'a name of letters, digits, _, . and -',
        }),
        run: command,
        timeoutSeconds: whole(1, 86_400, 'Seconds it may take.'),
      },
      { required: ['run'] },
    ),
    'The commands.',
    { most: 200 },
  ),
  $schema: any('For editors.'),
});

export const TERMINAL_FILE = '.bit-terminal.json';
export const TERMINAL_LOGS = '.bit-terminal_logs';

export interface TerminalConfig {
  readonly version?: string | number;
  readonly env?: Readonly<Record<string, string | number>>;
  readonly preflight?: readonly string[];
  readonly commands?: readonly {
    readonly name?: string;
    readonly run: string;
    readonly timeoutSeconds?: number;
  }[];
}

/** Undefined where there is no `.bit-terminal.json`. JSON is YAML, so what is wrong is told by line and column. */
export function readTerminal(root: string): TerminalConfig | undefined {
  const said = readYamlText(root, TERMINAL_FILE);
  if (said === undefined) return undefined;
  const { value, faults } = validate<TerminalConfig>(parseYaml(TERMINAL_FILE, said), SHAPE);
  if (faults.length > 0) throw faulty(TERMINAL_FILE, faults);
  return value;
}

/** What is written where there is none yet. */
export const FIRST_TERMINAL = `${JSON.stringify(
  {
    version: '1',
    env: { FORCE_COLOR: '1' },
    preflight: ['git --version'],
    commands: [{ name: 'status', run: 'git status --short --branch' }],
  },
  null,
  2,
)}\n`;
