/** `bin/dev.js`: every command straight from its source file, nothing built. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCold } from './cold.ts';
import { main } from './hot.ts';
import { type CommandClass, type CommandRow, type CommandTable, namesText } from './table.ts';

export async function startDevelopment(root: string, version: string): Promise<void> {
  const table = await readTable(join(root, 'commands'));
  await main({
    root,
    version,
    development: true,
    table,
    cold: (request) => runCold({ root, request, development: true }),
  });
}

/** Ids and files of the commands under `directory`; a topic's `index` that is its list goes by the list's name. */
async function readTable(directory: string): Promise<CommandTable> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.ts')) continue;
    const id = entry
      .slice(0, -3)
      .split(/[\\/]/)
      .join(':')
      .replace(/:index$/, '');
    files.set(id, pathToFileURL(join(directory, entry)).href);
  }
  const rows: [string, CommandRow][] = [];
  const aliases: [string, string][] = [];
  const load = async (id: string): Promise<CommandClass> => {
    const module = (await import(files.get(id) ?? '')) as { default: CommandClass };
    return module.default;
  };
  for (const id of files.keys()) {
    const listed = `${id}:list`;
    if (files.get(id)?.endsWith('/index.ts') === true && files.has(listed)) aliases.push([id, listed]);
    // what a command takes is known once it is loaded; until then every command may take words
    else rows.push([id, { args: !id.endsWith(':list'), passthrough: id === 'git' }]);
  }
  return { names: namesText(rows, aliases), load };
}
