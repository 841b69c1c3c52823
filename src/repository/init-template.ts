import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { checkRemote, cloneRepository } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import {
  BUILT_IN,
  type BuiltIn,
  builtInTemplate,
  readTemplateFolder,
  type Share,
  type TemplateFile,
} from '../templates/index.ts';

export interface TemplatePlace {
  readonly root: string;
  readonly branch: string;
  readonly share: Share;
}

/**
 * Files of a built-in template, of a folder, or of a repository at a URL (its default branch, fetched to a temporary
 * folder that is gone again when this returns).
 *
 * @throws BitError `not-found` with the nearest built-in names
 */
export async function loadTemplate(
  reader: Reader,
  template: string,
  place: TemplatePlace,
): Promise<TemplateFile[]> {
  if (isBuiltIn(template)) {
    return builtInTemplate(template, {
      name: basename(place.root),
      owner: await ownerOf(reader),
      branch: place.branch,
      share: place.share,
    });
  }
  checkRemote(template);
  const folder = resolve(reader.cwd, template);
  if (folder === resolve(place.root)) {
    // as `git init .` is typed
    throw new BitError('usage', `'${printable(shorten(template))}' is the folder to set up, not a template`, {
      hint: `it is set up by: bit init; another one by: bit -C <folder> init. Templates: ${BUILT_IN.join(', ')}`,
    });
  }
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return readTemplateFolder(folder);
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(template) || /^[^/\\]{2,}:/.test(template))
    return fetchTemplate(reader, template);
  const near = nearest(template, BUILT_IN);
  throw new BitError('not-found', `there is no template '${printable(shorten(template))}'`, {
    hint:
      near.length > 0
        ? `did you mean: ${near.join(', ')}`
        : `built in: ${BUILT_IN.join(', ')}; or a folder, or a git URL`,
  });
}

export function isBuiltIn(template: string): template is BuiltIn {
  return (BUILT_IN as readonly string[]).includes(template);
}

async function fetchTemplate(reader: Reader, url: string): Promise<TemplateFile[]> {
  const temporary = mkdtempSync(join(tmpdir(), 'bit-template-'));
  const progress = reader.progress(`template ${maskSecrets(url)}`);
  try {
    const directory = join(temporary, 'template');
    await cloneRepository({
      url,
      directory,
      depth: 1,
      env: reader.env,
      signal: reader.signal,
      onProgress: (event) => progress.update(event.stage, event.done, event.total),
    });
    return readTemplateFolder(directory);
  } finally {
    progress.end();
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Owner part of origin's address, else git's user, else the account's name. */
async function ownerOf(reader: Reader): Promise<string> {
  if (reader.repository !== undefined) {
    const origin = (await reader.git.remotes()).find((remote) => remote.name === 'origin');
    const owner = /[/:]([^/:]+)\/[^/]+\/*$/.exec(
      origin?.fetch.includes('://') || origin?.fetch.includes('@') ? origin.fetch : '',
    )?.[1];
    if (owner !== undefined) return owner;
    const name = await reader.git.config('user.name');
    if (name !== undefined && name !== '') return name;
  }
  const named = reader.env['GIT_AUTHOR_NAME'] ?? reader.env['USER'] ?? reader.env['USERNAME'];
  return named !== undefined && named !== '' ? named : userInfo().username;
}
