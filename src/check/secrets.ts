import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from '../build/index.ts';
import { BitError } from '../kernel/errors.ts';
import { scanSecrets } from '../scan/index.ts';
import { type CheckFinding, type OneCheck, verdict } from './model.ts';

const MOST_BYTES = 1 << 20;
const MOST_FINDINGS = 1000;

/** Secrets in the work tree: files git tracks, and those it neither tracks nor ignores. */
export async function checkTreeSecrets(
  root: string,
  tree: Tree,
  options: { readonly signal: AbortSignal; readonly update?: (done: number, total: number) => void },
): Promise<OneCheck> {
  const findings: CheckFinding[] = [];
  const large: string[] = [];
  let looked = 0;
  for (const [at, path] of tree.paths.entries()) {
    if (options.signal.aborted) throw new BitError('cancelled', 'interrupted');
    if (at % 50 === 0) options.update?.(at, tree.paths.length);
    const text = readText(join(root, path));
    if (text === 'large') large.push(path);
    if (text === undefined || text === 'large') continue;
    looked++;
    for (const finding of await scanSecrets(path, text.text))
      findings.push({ ...finding, check: 'secrets', level: 'error' });
    if (findings.length >= MOST_FINDINGS) break;
  }
  const more = findings.length >= MOST_FINDINGS ? `stopped at ${MOST_FINDINGS} findings` : undefined;
  const left =
    large.length === 0 ? undefined : `not scanned, larger than 1 MiB: ${large.slice(0, 20).join(', ')}`;
  const note = [more, left].filter((part) => part !== undefined).join('; ');
  return { check: 'secrets', outcome: verdict(findings), looked, findings, ...(note === '' ? {} : { note }) };
}

/** Undefined for what is no text: links, folders, binary files. */
export function readText(path: string): { readonly text: string } | 'large' | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(stat.size, MOST_BYTES));
    const got = readSync(file, bytes, 0, bytes.length, 0);
    if (bytes.subarray(0, Math.min(got, 8192)).includes(0)) return undefined;
    return stat.size > MOST_BYTES ? 'large' : { text: bytes.toString('utf8', 0, got) };
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}
