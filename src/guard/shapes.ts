import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type Json } from '../kernel/json.ts';
import { type CommandShape, type TargetSchemas, targetsOf } from '../policy/index.ts';

const MANIFEST = 'oclif.manifest.json';
const TARGETS = 'policy-targets.json';
const LEVELS = 5;

/** The commands with their arguments and flags, as the manifest beside the program tells them; none where it lacks one. */
export function commandShapes(): CommandShape[] {
  const manifest = readBeside(MANIFEST);
  const commands = isJsonObject(manifest) ? manifest['commands'] : undefined;
  return isJsonObject(commands) ? Object.values(commands).flatMap(shapeOf) : [];
}

/** What each action gives as `input.target`, as read from the sources; nothing where that file is missing. */
export function targetSchemas(): TargetSchemas {
  const targets = readBeside(TARGETS);
  return isJsonObject(targets) ? (targets as TargetSchemas) : {};
}

/** Names an action's target has; undefined where the action isn't known. */
export function targetMembers(action: string): ReadonlySet<string> | undefined {
  const schema = targetsOf(targetSchemas(), [action])?.get(action);
  return schema === undefined ? undefined : new Set(Object.keys(schema.properties ?? {}));
}

/** A file that lies beside the program; undefined where there is none. */
function readBeside(name: string): Json | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < LEVELS && !existsSync(join(folder, name)); level++) folder = dirname(folder);
  const path = join(folder, name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Json) : undefined;
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
