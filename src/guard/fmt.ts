import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { formatPolicy, type PolicySource } from '../policy/index.ts';
import { isContract } from './contracts.ts';
import { readTreePolicies } from './tree.ts';

export interface FormatResult {
  /** Files that were laid out anew. */
  readonly changed: readonly string[];
  readonly files: number;
}

/**
 * Lays the tree's policies out anew. What they say stays: each is read again before it is written.
 *
 * @throws BitError `failed` naming the first place where a file doesn't parse
 */
export async function formatPolicies(reader: Reader): Promise<Effect<FormatResult>> {
  const sources = readTreePolicies(reader).sources.filter((source) => !isContract(source));
  const changes = sources.flatMap((source) => changeOf(source));
  const root = reader.repository?.root ?? reader.configDirectory;
  const count = `${changes.length} policy ${changes.length === 1 ? 'file' : 'files'}`;
  return {
    summary: `lay out ${count}`,
    target: { files: changes.map(({ path }) => path) },
    plan: changes.map(({ path }) => `write ${path}`),
    touches: { refs: [], ...(reader.repository === undefined ? {} : { worktree: 'untracked' }) },
    async run() {
      for (const { path, text } of changes) writeFileAtomic(join(root, path), text);
      return { changed: changes.map(({ path }) => path), files: sources.length };
    },
    record: ({ changed }) => ({ changed }),
  };
}

function changeOf(source: PolicySource): PolicySource[] {
  const formatted = formatPolicy(source);
  if ('problem' in formatted) {
    const { at, message, code } = formatted.problem;
    throw new BitError('failed', `${at.path}:${at.line}:${at.column}: ${message}`, { details: { code, at } });
  }
  return formatted.text === source.text ? [] : [{ path: source.path, text: formatted.text }];
}
