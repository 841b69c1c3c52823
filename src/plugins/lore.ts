/** `.bithub/ledger/lore.log`: lines of JSON that listeners leave, for people and for other programs to enjoy. */
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  writeSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory, writeFileAtomic } from '../kernel/files.ts';
import type { JsonObject } from '../kernel/json.ts';
import { maskJson } from '../kernel/secrets.ts';
import { object } from './shapes.ts';

/** One card: `{"event":"lore","job":…,"mood":…}` or an EVENT_EMIT message of the mesh. */
export type LoreCard = JsonObject;

export const LORE_FILE = '.bithub/ledger/lore.log';
const MOST_BYTES = 4096;

/** @throws BitError `usage` for what is no object of JSON or too large */
export function checkCard(card: unknown): string {
  const line = JSON.stringify(maskJson(object(card, 'card')));
  if (Buffer.byteLength(line) > MOST_BYTES)
    throw new BitError('usage', `a lore card is at most ${MOST_BYTES} bytes`);
  return line;
}

/**
 * Appends a line in one write and makes it durable. The folder is local state in the work tree: it ignores itself, so
 * that a card never makes a clean work tree dirty or stands in the way of an undo.
 */
export function appendLore(root: string, line: string): void {
  const path = join(root, LORE_FILE);
  const folder = dirname(path);
  makeDirectory(folder);
  if (
    !`${realpathSync(folder)}${sep}`.startsWith(`${realpathSync(root)}${sep}`) ||
    lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  )
    throw new BitError('integrity', `${LORE_FILE} leads out of the repository by a link`);
  const ignore = join(folder, '.gitignore');
  if (!existsSync(ignore)) writeFileAtomic(ignore, '# local state of bit\n*\n');
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0 } = constants;
  const file = openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o644);
  try {
    writeSync(file, `${line}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
