import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type Json } from '../kernel/json.ts';
import type { CommandShape } from '../policy/index.ts';

const MANIFEST = 'oclif.manifest.json';
const LEVELS = 5;

/** The commands with their arguments and flags, as the manifest beside the program tells them; none where it lacks one. */
export function commandShapes(): CommandShape[] {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < LEVELS && !existsSync(join(folder, MANIFEST)); level++)
    folder = dirname(folder);
  if (!existsSync(join(folder, MANIFEST))) return [];
  const manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Json;
  const commands = isJsonObject(manifest) ? manifest['commands'] : undefined;
  return isJsonObject(commands) ? Object.values(commands).flatMap(shapeOf) : [];
}

function shapeOf(command: Json): CommandShape[] {
  // One that hands its words on unread has no flags of its own to know.
  if (!isJsonObject(command) || typeof command['id'] !== 'string' || command['passthrough'] === true)
    return [];
  const args: Record<string, 'boolean' | 'text' | 'list'> = {};
  for (const name of Object.keys(isJsonObject(command['args']) ? command['args'] : {})) args[name] = 'text';
  for (const [name, flag] of Object.entries(isJsonObject(command['flags']) ? command['flags'] : {})) {
    if (!isJsonObject(flag) || flag['helpGroup'] === 'GLOBAL') continue;
    args[name] = flag['type'] === 'boolean' ? 'boolean' : flag['multiple'] === true ? 'list' : 'text';
  }
  const action = command['action'];
  return [
    {
      command: command['id'].replaceAll(':', '.'),
      action: typeof action === 'string' ? action : undefined,
      args,
    },
  ];
}
