import type { Reader } from '../operation/index.ts';

export const VALUE_KINDS = ['branches', 'remotes', 'tags'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** Names a completion offers; none outside a repository. */
export async function completionValues(reader: Reader, kind: ValueKind): Promise<string[]> {
  if (reader.repository === undefined) return [];
  if (kind === 'remotes') return (await reader.git.remotes()).map((remote) => remote.name);
  const prefix = kind === 'tags' ? 'refs/tags/' : 'refs/heads/';
  return (await reader.git.refs([prefix])).map((ref) => ref.name.slice(prefix.length));
}
