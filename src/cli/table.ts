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
  readonly rows: Readonly<Record<string, CommandRow>>;
  /** Other names of a command, to its id: a bare topic to its list, an alias. */
  readonly aliases: Readonly<Record<string, string>>;
  load(id: string): Promise<CommandClass>;
}

/** The id `name` stands for, or undefined. */
export function commandId(table: CommandTable, name: string): string | undefined {
  if (Object.hasOwn(table.rows, name)) return name;
  return Object.hasOwn(table.aliases, name) ? table.aliases[name] : undefined;
}

/** Whether commands live under `name`. */
export function isTopic(table: CommandTable, name: string): boolean {
  const prefix = `${name}:`;
  for (const id in table.rows) if (id.startsWith(prefix)) return true;
  for (const id in table.aliases) if (id.startsWith(prefix)) return true;
  return false;
}

/** Names as people type them, `branch list`; for suggestions. */
export function spokenNames(table: CommandTable): string[] {
  return [...Object.keys(table.rows), ...Object.keys(table.aliases)].map((id) => id.replaceAll(':', ' '));
}
