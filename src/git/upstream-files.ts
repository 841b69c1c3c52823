import type { ConfigScopes } from './config-scopes.ts';
import type { BranchInfo, Ref } from './index.ts';

type Upstream = Pick<BranchInfo, 'upstream' | 'ahead' | 'behind' | 'gone'>;

const KEYS = /^(branch\..+\.(remote|merge)|remote\..+\.fetch)$/s;

/**
 * Upstreams of local branches by full name, or undefined where git has to be asked: an upstream that is elsewhere than
 * its branch (how far takes a walk), a refspec or a short name that isn't plain.
 */
export function upstreamsOf(
  config: ConfigScopes,
  refs: readonly Ref[],
  exists: (name: string) => boolean,
): Map<string, Upstream> | undefined {
  const entries = config.repositoryOnly(KEYS);
  if (entries === undefined) return undefined;
  const byName = new Map(refs.map((ref) => [ref.name, ref]));
  const upstreams = new Map<string, Upstream>();
  const values = (key: string): string[] =>
    entries.filter(([name]) => name === key).map(([, value]) => value);
  for (const { name, oid } of refs) {
    if (!name.startsWith('refs/heads/')) continue;
    const short = name.slice('refs/heads/'.length);
    const remote = values(`branch.${short}.remote`).at(-1);
    const merges = values(`branch.${short}.merge`);
    if (remote === undefined && merges.length === 0) continue;
    const [merge] = merges;
    if (remote === undefined || merge === undefined || merges.length > 1) return undefined;
    const tracking = remote === '.' ? merge : trackingRef(values(`remote.${remote}.fetch`), merge);
    if (tracking === undefined) return undefined;
    const shown = unambiguous(tracking, exists);
    const other = byName.get(tracking);
    if (shown === undefined || (other !== undefined && other.oid !== oid)) return undefined;
    upstreams.set(
      name,
      other === undefined
        ? { upstream: shown, ahead: undefined, behind: undefined, gone: true }
        : { upstream: shown, ahead: 0, behind: 0, gone: false },
    );
  }
  return upstreams;
}

/** Where a fetch keeps `merge`, for the one refspec nearly every remote has. */
function trackingRef(refspecs: readonly string[], merge: string): string | undefined {
  const [refspec] = refspecs;
  const [, target] = /^\+?refs\/heads\/\*:(refs\/remotes\/[^*^]+\/)\*$/.exec(refspec ?? '') ?? [];
  if (refspecs.length !== 1 || target === undefined || !merge.startsWith('refs/heads/')) return undefined;
  return target + merge.slice('refs/heads/'.length);
}

/** `origin/main`, where no other ref has that short name. */
function unambiguous(ref: string, exists: (name: string) => boolean): string | undefined {
  const [, kind, short] = /^refs\/(heads|remotes)\/(.+)$/.exec(ref) ?? [];
  if (kind === undefined || short === undefined || /\/HEAD$|^(heads|tags|remotes)\//.test(short))
    return undefined;
  const others = ['heads', 'tags', 'remotes'].filter((other) => other !== kind);
  const taken =
    others.some((other) => exists(`refs/${other}/${short}`)) || exists(`refs/remotes/${short}/HEAD`);
  return taken ? undefined : short;
}
