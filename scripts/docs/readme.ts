/** The command table of README.md, between its two marks. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tally } from './hundred.ts';
import { cell, type Entry, spoken, topicOf } from './manifest.ts';

const BEGIN = '<!-- commands: written by `npm run docs` -->';
const END = '<!-- /commands -->';

export function writeReadmeTable(
  root: string,
  options: { readonly entries: readonly Entry[]; readonly tally: Tally },
) {
  const file = join(root, 'README.md');
  const text = readFileSync(file, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`README.md lost its marks ${BEGIN} … ${END}`);
  const rows = options.entries.map(
    ({ id, summary = '', event }) =>
      `| [${spoken(id)}](docs/reference/${topicOf(id)}.md) | ${cell(summary)} | ${event ?? ''} |`,
  );
  const { whole, partly, missing } = options.tally;
  const table = `| command | | ledger event |\n|---|---|---|\n${rows.join('\n')}`;
  const sum = `Of the [hundred](docs/hundred.md) planned, ${whole} are there, ${partly} in part, ${missing} not yet; [how they hang together](docs/lattice.svg).`;
  writeFileSync(file, `${before}${BEGIN}\n\n${table}\n\n${sum}\n\n${END}${after}`);
}
