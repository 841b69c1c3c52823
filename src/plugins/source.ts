import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import { isPluginName } from './manifest.ts';

/** Where a plugin is to come from. */
export interface PluginSource {
  readonly kind: 'folder' | 'archive' | 'macro' | 'npm' | 'git';
  /** As npm takes it. Never begins with `-`. */
  readonly spec: string;
  /** As the ledger and a person see it: no credentials. */
  readonly shown: string;
}

const RANGE = /^[A-Za-z0-9^~<>=*][A-Za-z0-9^~<>=*.+| -]{0,99}$/;
const GIT = /^git\+(?:https|ssh|file):\/\/[^\s-][^\s]{0,1000}$/;

/**
 * A folder, an archive (`.tgz`), a macro (`.bit`), `file:` of any of them, a git address (`git+https:`, `git+ssh:`, `git+file:`), or a name
 * on the npm registry with an optional `@version`. What exists as a path is that path only when it looks like one.
 *
 * @throws BitError `usage` for what is none of them, `not-found` for a path that is not there
 */
export function parseSource(word: string, cwd: string): PluginSource {
  const wrong = (why: string): BitError =>
    new BitError('usage', `${printable(shorten(maskSecrets(word)))}: ${why}`, {
      hint: 'name a folder (./plugin), an archive (.tgz), an npm package, or a git address (git+https://…)',
    });
  if (word === '' || word.length > 1100 || /[\u0000-\u001f\u007f]/.test(word) || word.startsWith('-'))
    throw wrong('is no plugin');
  if (GIT.test(word)) return { kind: 'git', spec: word, shown: maskSecrets(word) };
  const local = localPath(word, wrong);
  if (local !== undefined) {
    const path = resolve(cwd, local);
    if (!existsSync(path))
      throw new BitError('not-found', `there is no ${printable(path)}`, { details: { path } });
    const folder = statSync(path).isDirectory();
    const kind = folder ? 'folder' : path.endsWith('.bit') ? 'macro' : 'archive';
    return { kind, spec: path, shown: `file:${path}` };
  }
  const at = word.indexOf('@', 1);
  const name = at < 0 ? word : word.slice(0, at);
  if (!isPluginName(name)) throw wrong('is neither a path nor the name of an npm package');
  if (at >= 0 && !RANGE.test(word.slice(at + 1))) throw wrong('has no version npm understands');
  return { kind: 'npm', spec: word, shown: word };
}

function localPath(word: string, wrong: (why: string) => BitError): string | undefined {
  if (word.startsWith('file://')) {
    try {
      return fileURLToPath(word);
    } catch {
      throw wrong('is no file address of this machine');
    }
  }
  if (word.startsWith('file:')) return word.slice('file:'.length);
  return /^(?:\.{1,2}(?:[\\/]|$)|[\\/]|[A-Za-z]:[\\/])/.test(word) || /\.(?:tgz|tar\.gz|bit)$/.test(word)
    ? word
    : undefined;
}
