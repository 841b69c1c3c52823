/** `docs/hundred.md`: the hundred commands of the blueprint, and which of them are there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, NOTE, spoken, topicOf } from './manifest.ts';

interface Planned {
  readonly number: number;
  /** Dotted, without the leading `bit.`. */
  readonly name: string;
  readonly area: string;
  /** Ids it takes; an id with subcommands stands for any of them. */
  readonly commands: readonly string[];
  /** What a command that is there does not do yet. */
  readonly later?: string;
}

export interface Tally {
  readonly whole: number;
  readonly partly: number;
  readonly missing: number;
}

export function writeHundred(root: string, entries: readonly Entry[]): Tally {
  const planned = JSON.parse(
    readFileSync(join(root, 'docs', 'blueprint.json'), 'utf8'),
  ) as readonly Planned[];
  const names = entries.flatMap(({ id, aliases }) => [id, ...aliases]);
  const has = (id: string) => names.some((name) => name === id || name.startsWith(`${id}:`));
  const tally = { whole: 0, partly: 0, missing: 0 };
  const row = ({ number, name, commands, later }: Planned): string => {
    const there = commands.filter(has);
    const missing = [
      ...commands.filter((id) => !has(id)).map(spoken),
      ...(later === undefined ? [] : [later]),
    ];
    const links = there.map((id) => `[${spoken(id)}](reference/${topicOf(id)}.md)`).join(', ');
    const state = there.length === 0 ? 'missing' : missing.length === 0 ? 'whole' : 'partly';
    tally[state] += 1;
    const words =
      state === 'whole' ? 'there' : state === 'missing' ? 'not yet' : `there but for ${missing.join(', ')}`;
    return `| ${number} | \`bit.${name}\` | ${links} | ${words} |`;
  };
  const areas = [...Map.groupBy(planned, ({ area }) => area)].map(([area, members]) => {
    const rows = members.map(row).join('\n');
    return `## ${area}\n\n| | blueprint | command | |\n|---|---|---|---|\n${rows}\n`;
  });
  const sum = `${tally.whole} are there, ${tally.partly} in part, ${tally.missing} not yet.`;
  writeFileSync(join(root, 'docs', 'hundred.md'), `${NOTE}# The hundred\n\n${sum}\n\n${areas.join('\n')}`);
  return tally;
}
