import type { Command } from '@oclif/core';

/** A command class as the table hands it out. */
export interface CommandClass {
  new (argv: string[], config: never): Command;
  id: string;
}

export interface CommandRow {
  /** Takes words after its name. */
  readonly args: boolean;
  /** Takes everything after its name as it is (`bit git …`). */
  readonly passthrough: boolean;
}

/** Names to commands; ids are oclif's, `branch:list`. Made at build time for the hot bundle, from oclif elsewhere. */
export interface CommandTable {
  /**
   * A line for each name, and one feed before the first: `branch:new w` for a command that takes words after its name
   * (`b` none, `t` everything as it is), `branch >branch:list` for another name of one. What follows the letter is its
   * maker's. One text, because a start takes in each string of the code one by one.
   */
  readonly names: string;
  load(id: string): Promise<CommandClass>;
}

/** The text of a table; a name that stands there twice means the first. */
export function namesText(
  rows: Iterable<readonly [id: string, row: CommandRow]>,
  aliases: Iterable<readonly [name: string, id: string]>,
): string {
  let text = '\n';
  for (const [id, { args, passthrough }] of rows) text += `${id} ${passthrough ? 't' : args ? 'w' : 'b'}\n`;
  for (const [name, id] of aliases) text += `${name} >${id}\n`;
  return text;
}

/** What stands behind `name`. */
export function meaning({ names }: CommandTable, name: string): string | undefined {
  if (/\s/.test(name)) return undefined;
  const at = names.indexOf(`\n${name} `);
  if (at < 0) return undefined;
  const start = at + name.length + 2;
  return names.slice(start, names.indexOf('\n', start));
}

/** What the command `id` takes; undefined where it is none. */
export function commandRow(table: CommandTable, id: string): CommandRow | undefined {
  const [kind] = meaning(table, id) ?? '>';
  return kind === '>' ? undefined : { args: kind !== 'b', passthrough: kind === 't' };
}

/** The id `name` stands for, or undefined. */
export function commandId(table: CommandTable, name: string): string | undefined {
  const meant = meaning(table, name);
  return meant?.startsWith('>') ? meant.slice(1) : meant && name;
}

/** Whether commands live under `name`. */
export function isTopic({ names }: CommandTable, name: string): boolean {
  return !/\s/.test(name) && names.includes(`\n${name}:`);
}

/** Names as people type them, `branch list`; for suggestions. */
export function spokenNames({ names }: CommandTable): string[] {
  return names
    .trim()
    .split('\n')
    .map((line) => line.slice(0, line.indexOf(' ')).replaceAll(':', ' '));
}
