import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPath } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { TemplateFile } from './index.ts';

/** Bounds on what a template from elsewhere can make us read. */
const MOST_FILES = 2000;
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_DEPTH = 32;

/**
 * Every file of a folder as a template, `.git` left out.
 *
 * @throws BitError `integrity` naming a link or a special file, or where the folder is too large for a template
 */
export function readTemplateFolder(folder: string): TemplateFile[] {
  const files: TemplateFile[] = [];
  let bytes = 0;
  const walk = (relative: string, depth: number): void => {
    if (depth > MOST_DEPTH) throw tooLarge(`is nested deeper than ${MOST_DEPTH} folders`);
    for (const name of readdirSync(join(folder, relative)).sort()) {
      if (name.toLowerCase() === '.git') continue;
      const path = relative === '' ? name : `${relative}/${name}`;
      checkPath(path);
      const full = join(folder, path);
      const stat = lstatSync(full);
      if (stat.isDirectory()) {
        walk(path, depth + 1);
        continue;
      }
      if (!stat.isFile()) throw unusual(path);
      bytes += stat.size;
      if (files.length >= MOST_FILES) throw tooLarge(`holds more than ${MOST_FILES} files`);
      if (bytes > MOST_BYTES) throw tooLarge(`holds more than ${MOST_BYTES} bytes`);
      files.push({ path, content: readFileSync(full), executable: (stat.mode & 0o111) !== 0 });
    }
  };
  const tooLarge = (why: string): BitError =>
    new BitError('integrity', `the template ${printable(folder)} ${why}`);
  const unusual = (path: string): BitError =>
    new BitError('integrity', `${printable(path)} of the template is a link or a special file`, {
      hint: 'a template holds plain files and folders only',
      details: { path },
    });
  walk('', 0);
  return files;
}
