import type { Reader } from '../operation/index.ts';
import { installedPlugins, listListeners, type Plugin } from '../plugins/index.ts';

export const VALUE_KINDS = ['branches', 'listeners', 'plugins', 'remotes', 'tags'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** Most names one completion offers. */
const MOST = 1000;

/**
 * A name every shell takes as it stands. Names of a repository are other people's text: one that a shell would read as
 * more than a word (`$(…)`, a quote, a leading dash) is not offered.
 */
const PLAIN = /^[\p{L}\p{N}_@][\p{L}\p{N}_.@/+%-]{0,199}$/u;

/** Names a completion offers, of the repository here and of this machine; those of a repository only inside one. */
export async function completionValues(
  reader: Reader,
  kinds: readonly ValueKind[],
  bundled: readonly Plugin[],
): Promise<string[]> {
  const named = await Promise.all(kinds.map((kind) => valuesOf(reader, kind, bundled)));
  return [...new Set(named.flat())].filter((name) => PLAIN.test(name)).slice(0, MOST);
}

async function valuesOf(
  reader: Reader,
  kind: ValueKind,
  bundled: readonly Plugin[],
): Promise<readonly string[]> {
  if (kind === 'plugins') return installedPlugins(reader, { bundled: [] }).map((plugin) => plugin.name);
  if (kind === 'listeners')
    return listListeners(reader, installedPlugins(reader, { bundled })).listeners.map(({ name }) => name);
  if (reader.repository === undefined) return [];
  if (kind === 'remotes') return (await reader.git.remotes()).map((remote) => remote.name);
  const prefix = kind === 'tags' ? 'refs/tags/' : 'refs/heads/';
  return (await reader.git.refs([prefix])).map((ref) => ref.name.slice(prefix.length));
}
