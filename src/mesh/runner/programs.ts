import { delimiter, dirname, isAbsolute } from 'node:path';
import { packageRoot } from '../../kernel/packages.ts';
import type { Reader } from '../../operation/index.ts';

const SYSTEM = ['/usr/', '/bin', '/sbin'];

/** Folders of PATH whose programs are there inside a room, and the Node that runs this. */
export function pathInside({ env }: Pick<Reader, 'env'>): string {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const kept = folders.filter((folder) => SYSTEM.some((system) => `${folder}/`.startsWith(system)));
  const standard = ['/usr/local/bin', '/usr/bin', '/bin'];
  return [...new Set([...kept, ...standard, dirname(process.execPath)])].join(delimiter);
}

/** What this program is made of, with what is installed beside it, and its Node. */
export function programs(): readonly string[] {
  const root = packageRoot();
  const at = root.indexOf('/node_modules/');
  return [...(at < 0 ? [root] : [root.slice(0, at + '/node_modules'.length)]), dirname(process.execPath)];
}
