import type { Paper } from '../kernel/paper.ts';
import type { Answer, Effect, Reader } from '../operation/index.ts';
import { type DeployResult, deploy } from './deploy.ts';
import { type Release, readHistory } from './releases.ts';
import { readTarget } from './target.ts';

export interface ReleaseList {
  readonly target: string;
  readonly standing: string | null;
  /** Newest first. */
  readonly releases: readonly Release[];
}

/** What `bit deploy` answers. */
export type Deployed = DeployResult | ReleaseList;

/** Shows a target's releases, or deploys to it. */
export async function deployOrList(
  reader: Reader,
  name: string,
  options: { readonly releases: boolean },
): Promise<Effect<Deployed> | Answer<Deployed>> {
  if (!options.releases) return (await deploy(reader, name)) as Effect<Deployed>;
  readTarget(reader, name);
  return { reads: 'deploy.list', answer: async () => listReleases(reader, name) };
}

export function listReleases(reader: Reader, name: string): ReleaseList {
  const { standing, releases } = readHistory(reader.stateDirectory, name);
  return { target: name, standing, releases: [...releases].reverse() };
}

export function renderDeploy(out: Deployed, page: Paper): void {
  if ('releases' in out) {
    if (out.releases.length === 0) page.line(`Nothing was deployed to ${out.target} yet.`);
    page.table(
      out.releases.map(({ id, at, commit, dirty, state, why }) => [
        id === out.standing ? page.style.green('stands') : '',
        id,
        at,
        `${commit?.slice(0, 12) ?? ''}${dirty ? ' +' : ''}`,
        state,
        page.safe(why ?? ''),
      ]),
    );
    return;
  }
  for (const line of out.tried) page.line(page.safe(line));
  page.line(page.style.dim(`release ${out.release}${out.sandboxed ? '' : ', without a sandbox'}`));
}
