/** What the generated pages are made of: the commands as `oclif.manifest.json` has them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Parameter {
  readonly name: string;
  readonly char?: string;
  readonly description?: string;
  readonly summary?: string;
  readonly required?: boolean;
  readonly hidden?: boolean;
  readonly multiple?: boolean;
  readonly type?: 'boolean' | 'option';
  readonly helpValue?: string;
  readonly helpGroup?: string;
  readonly options?: readonly string[];
  readonly default?: unknown;
}

export interface Entry {
  readonly id: string;
  readonly summary?: string;
  readonly description?: string;
  readonly hidden?: boolean;
  readonly args: Readonly<Record<string, Parameter>>;
  readonly flags: Readonly<Record<string, Parameter>>;
  readonly examples?: readonly (string | { readonly command: string; readonly description?: string })[];
  readonly aliases: readonly string[];
  readonly hiddenAliases: readonly string[];
  readonly action?: string;
  readonly event?: string;
}

export const NOTE = '<!-- Written by `npm run docs`; change the command, not this file. -->\n\n';

/** Every command that is not hidden, by name. */
export function readManifest(root: string): readonly Entry[] {
  const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
    commands: Readonly<Record<string, Entry>>;
  };
  return Object.values(manifest.commands)
    .filter((entry) => entry.hidden !== true)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

export const spoken = (id: string): string => `bit ${id.replaceAll(':', ' ')}`;
export const topicOf = (id: string): string => id.split(':')[0] ?? id;
/** Text in a cell of a Markdown table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
