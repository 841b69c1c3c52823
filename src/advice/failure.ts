import { BitError, type ErrorCode } from '../kernel/errors.ts';
import type { Paper } from '../kernel/paper.ts';
import type { Reader } from '../operation/index.ts';
import { type FailureRecord, readFailure } from './failure-record.ts';

export interface FailureAdvice {
  readonly failure: FailureRecord;
  /** In the order to try them. */
  readonly tries: readonly { readonly what: string; readonly command: string | null }[];
}

type Try = FailureAdvice['tries'][number];

/** What helps with an error of each kind, beside the error's own hint. */
const TRIES: Readonly<Record<ErrorCode, readonly Try[]>> = {
  usage: [],
  denied: [
    { what: 'see which rule denied it, and what it looked at', command: 'bit policy check --explain' },
    { what: 'read the policies in force', command: 'bit policy show' },
  ],
  'not-found': [{ what: 'see what there is', command: 'bit status' }],
  auth: [
    { what: 'see which key signs', command: 'bit key show' },
    { what: 'see what is set up here', command: 'bit help context' },
  ],
  remote: [
    { what: 'see where the remotes point', command: 'bit git remote --verbose' },
    { what: 'see the git commands as they run', command: 'again with --show-git' },
  ],
  integrity: [
    { what: 'see what exactly does not hold', command: 'bit ledger verify' },
    { what: 'put right what can be put right', command: 'bit repair auto' },
  ],
  cancelled: [],
  conflict: [
    { what: 'see the files in conflict', command: 'bit status' },
    { what: 'once they are settled and added, go on', command: 'bit resume' },
  ],
  waiting: [
    { what: 'see what is asked for, and by whom', command: 'bit approval log' },
    { what: 'ask for it', command: 'bit approval request' },
    { what: 'once it is granted, go on', command: 'bit resume' },
  ],
  failed: [],
  changed: [{ what: 'see what changed since', command: 'bit log' }],
  busy: [{ what: 'see what is running or died in the middle', command: 'bit status deep' }],
  io: [],
  'missing-tool': [{ what: 'see what this machine lacks', command: 'bit help context' }],
  unsupported: [],
  internal: [],
};

/** @throws BitError `not-found` where nothing failed yet */
export function lastFailure(reader: Reader): FailureAdvice {
  const failure = readFailure(reader.cacheDirectory);
  if (failure === undefined) {
    throw new BitError('not-found', 'no command failed yet', {
      hint: 'what can be done here: bit help context',
    });
  }
  return { failure, tries: [...hinted(failure), ...TRIES[failure.code], ...byCommand(failure)] };
}

function hinted({ hint }: FailureRecord): Try[] {
  if (hint === null) return [];
  const [, command] = /(?:^|: |`)(bit [a-z][^`]*?)(?:`|$)/.exec(hint) ?? [];
  return [{ what: hint, command: command ?? null }];
}

function byCommand({ argv, code }: FailureRecord): Try[] {
  const words = argv.filter((word) => /^[a-z][a-z.:-]*$/.test(word)).slice(0, 2);
  if (code === 'usage')
    return [{ what: 'read about the command', command: ['bit', ...words, '--help'].join(' ') }];
  if (code === 'internal')
    return [{ what: 'see where it happened, for a report', command: `BIT_DEBUG=1 bit ${words.join(' ')} …` }];
  if (code === 'io') return [{ what: 'see whether the disk is full or read-only', command: 'df -h .' }];
  return [];
}

export function renderFailure({ failure, tries }: FailureAdvice, page: Paper): void {
  const { style } = page;
  page.line(
    `${style.bold(page.safe(['bit', ...failure.argv].join(' ')))}  ${style.dim(`${failure.ts} in ${page.safe(failure.cwd)}`)}`,
  );
  page.line(`${style.red('failed')} (exit ${failure.exit}): ${page.safe(failure.message)}`);
  if (tries.length === 0) page.line('Nothing more is known to try; the message says what is wrong.');
  for (const { what, command } of tries) {
    page.line(`  ${page.safe(what)}`);
    if (command !== null && command !== what && !what.endsWith(command))
      page.line(style.green(`    ${page.safe(command)}`));
  }
}
