import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readBoundedFile } from '../kernel/bounded-file.ts';
import { sha256 } from '../kernel/digest.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { readYamlText } from '../specification/index.ts';
import { checkBotName, checkBotPath, parseBot } from './manifest.ts';
import type { BotManifest, DeployedFile } from './model.ts';
import { BOT_NAME } from './shape.ts';
import { BUNDLED } from './templates-bundled.ts';

/** Where a repository keeps its bots. */
export const BOTS_FOLDER = '.bithub/bots';

const MOST_BOTS = 200;
const MOST_FILES = 64;
const MOST_FILE_BYTES = 256 * 1024;
const MOST_BYTES = 2 * 1024 * 1024;

/** A bot as the work tree has it. */
export interface BotSource {
  readonly name: string;
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
  readonly manifest: BotManifest;
  readonly files: readonly DeployedFile[];
}

/** A manifest of the work tree that was read, or why it can't be. */
export type FoundBot = { readonly name: string; readonly path: string } & (
  | { readonly manifest: BotManifest; readonly fault: null }
  | { readonly manifest: null; readonly fault: string }
);

/** The root of the work tree. @throws BitError `usage` where there is none */
export function botsRoot(reader: Reader): string {
  const { root } = reader.git.paths;
  if (root === undefined) throw new BitError('usage', 'bots need a work tree');
  return root;
}

export function manifestPath(name: string): string {
  return `${BOTS_FOLDER}/${name}.yml`;
}

/** Names of the manifests there are, in order. */
export function botNames(root: string): readonly string[] {
  const folder = join(root, BOTS_FOLDER);
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.yml') ? [file.slice(0, -4)] : []));
  return names
    .filter((name) => BOT_NAME.test(name))
    .sort()
    .slice(0, MOST_BOTS);
}

/** Every manifest of the work tree; one that is wrong is told with its fault. */
export function findBots(root: string): readonly FoundBot[] {
  return botNames(root).map((name): FoundBot => {
    const path = manifestPath(name);
    try {
      const text = readYamlText(root, path) ?? '';
      return { name, path, manifest: parseBot(path, text, name), fault: null };
    } catch (error) {
      if (!isBitError(error)) throw error;
      return { name, path, manifest: null, fault: error.message };
    }
  });
}

/**
 * A bot of the work tree with its files.
 *
 * @throws BitError `not-found` with the nearest names; `usage` with everything that is wrong in its manifest, or for a
 *   file that can't be one of a bot's
 */
export function readBot(root: string, name: string): BotSource {
  const path = manifestPath(checkBotName(name));
  const text = readYamlText(root, path);
  if (text === undefined) throw noSuchBot(name, botNames(root));
  const manifest = parseBot(path, text, name);
  const files = readBotFiles(root, name);
  const { handler } = manifest;
  if (handler.kind === 'script' && !files.some((file) => file.path === handler.path)) {
    const near = nearest(
      handler.path,
      files.map((file) => file.path),
    );
    throw new BitError(
      'not-found',
      `${path}: there is no ${BOTS_FOLDER}/${name}/${printable(handler.path)}`,
      {
        hint:
          near.length > 0
            ? `did you mean: ${near.join(', ')}`
            : `attach one with: bit bot script ${name} FILE`,
        details: { path, bot: name },
      },
    );
  }
  return { name, path, text, manifest, files };
}

export function noSuchBot(name: string, names: readonly string[]): BitError {
  const near = nearest(name, names);
  const make = BUNDLED.some((template) => template.name === name)
    ? `it comes with bit; make one of it with: bit bot create from-template --template ${name}`
    : 'see those there are with: bit bot list';
  return new BitError('not-found', `there is no bot ${printable(shorten(name))}`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : make,
    details: { bot: name },
  });
}

/** It may be in the tree. */
export function noneDeployed(name: string, names: readonly string[]): BitError {
  const near = nearest(name, names);
  const deploy = BOT_NAME.test(name)
    ? `set one of the tree to work with: bit bot deploy ${name}`
    : 'see those there are with: bit bot list';
  return new BitError('not-found', `no bot ${printable(shorten(name))} is deployed here`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : deploy,
    details: { bot: name },
  });
}

/** What stands below `.bithub/bots/<name>/`, sorted. */
export function readBotFiles(root: string, name: string): readonly DeployedFile[] {
  const folder = join(root, BOTS_FOLDER, name);
  const files: DeployedFile[] = [];
  let bytes = 0;
  const walk = (inside: string): void => {
    for (const entry of readdirSync(join(folder, inside), { withFileTypes: true })) {
      const path = checkBotPath(inside === '' ? entry.name : `${inside}/${entry.name}`);
      const shown = `${BOTS_FOLDER}/${name}/${path}`;
      if (entry.isDirectory()) walk(path);
      else if (!entry.isFile()) throw new BitError('usage', `${shown} is no regular file`);
      else {
        const file = deployedFile(path, readBoundedFile(join(folder, path), MOST_FILE_BYTES), shown);
        bytes += Buffer.byteLength(file.text);
        files.push(file);
        if (files.length > MOST_FILES)
          throw new BitError('usage', `bot ${name} has more than ${MOST_FILES} files`);
        if (bytes > MOST_BYTES)
          throw new BitError(
            'usage',
            `the files of bot ${name} are larger than ${MOST_BYTES} bytes together`,
          );
      }
    }
  };
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) walk('');
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @throws BitError `usage` for what is no text */
export function deployedFile(path: string, bytes: Uint8Array, shown: string): DeployedFile {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new BitError('usage', `${shown} is no text in UTF-8`);
  }
  return { path, sha256: sha256(bytes).toString('hex'), text };
}
