/** The macros of a plugin, or a single `.bit` file as a plugin of its own. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import { type Macro, macroLines, parseMacro } from '../script/index.ts';
import { API_VERSION, type PluginManifest } from './manifest.ts';

export interface FoundMacro {
  /** Relative to the package. */
  readonly module: string;
  readonly macro: Macro;
  /** What it runs, a line a command. */
  readonly lines: readonly string[];
}

const ID = /^[a-z][a-z0-9-]{0,39}(?::[a-z][a-z0-9-]{0,39}){0,5}$/;
export const MOST_MACROS = 100;
export const MOST_MACRO_BYTES = 256 * 1024;

/**
 * Macros by id, from texts by their path in the package: `macros/release/cut.bit` is `release:cut`.
 *
 * @throws BitError `usage` naming file and line
 */
export function readMacros(
  { name, macros: folder }: Pick<PluginManifest, 'name' | 'macros'>,
  texts: ReadonlyMap<string, string>,
): Readonly<Record<string, FoundMacro>> {
  if (folder === undefined) return {};
  const prefix = folder === '.' ? '' : `${folder.replace(/^\.\//, '').replace(/\/$/, '')}/`;
  const found: Record<string, FoundMacro> = {};
  for (const [module, text] of texts) {
    if (!module.startsWith(prefix) || !module.endsWith('.bit')) continue;
    const id = module
      .slice(prefix.length, -'.bit'.length)
      .replace(/\/index$/, '')
      .replaceAll('/', ':');
    if (!ID.test(id))
      throw new BitError('usage', `${name}: ${printable(shorten(module))} is no name for a command`, {
        hint: 'lower-case words of letters, digits and dashes',
      });
    const macro = parseMacro(module, text);
    found[id] = { module, macro, lines: macroLines(module, text, macro) };
  }
  if (Object.keys(found).length === 0)
    throw new BitError('usage', `${name}: there is no macro in ${folder}`, { hint: 'a macro ends in .bit' });
  return found;
}

/** The `.bit` files of a folder on disk, as {@link readMacros} takes them. */
export function macroTexts(directory: string, folder: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const root = join(directory, folder);
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) return texts;
  for (const entry of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.bit')) continue;
    if (texts.size >= MOST_MACROS)
      throw new BitError('usage', `more than ${MOST_MACROS} macros in ${folder}`);
    const path = join(root, entry);
    const inside = join(folder, entry).replaceAll('\\', '/');
    texts.set(inside, readMacroFile(path, inside));
  }
  return texts;
}

/** @throws BitError `usage` for one that is too large */
export function readMacroFile(path: string, shown: string): string {
  if (statSync(path).size > MOST_MACRO_BYTES)
    throw new BitError('usage', `${printable(shown)} is larger than 256 kB`);
  return readFileSync(path, 'utf8');
}

/** A `.bit` file alone: the package it would be. */
export function macroPackage(path: string, folder: string): PluginManifest & { readonly text: string } {
  const file = basename(path);
  const name = file.replace(/\.bit$/, '');
  const text = readMacroFile(path, path);
  if (!ID.test(name))
    throw new BitError('usage', `${printable(shorten(file))} is no name for a command`, {
      hint: 'lower-case words of letters, digits and dashes',
    });
  const manifest = {
    name: `macro-${name}`,
    version: '0.0.0',
    description: parseMacro(file, text).summary,
    type: 'module',
    bit: { api: API_VERSION, macros: folder },
  };
  return {
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    commands: undefined,
    listeners: undefined,
    macros: folder,
    points: {},
    capabilities: [],
    dependencies: false,
    text: `${JSON.stringify(manifest, null, 2)}\n`,
  };
}
