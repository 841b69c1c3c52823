import { join } from 'node:path';
import { type GitHttp, startGitHttp } from '../git/http-backend.ts';
import { type World, world } from '../world.ts';

/** A served bare repository and two clones of it, `one` and `two`, that speak to it over http. */
export interface Remotes {
  readonly world: World;
  readonly server: GitHttp;
  readonly bare: string;
  readonly one: string;
  readonly two: string;
  /** A commit in `dir` that writes `path`; its id. */
  commit(dir: string, path: string, text: string): string;
  close(): Promise<void>;
}

export async function remotes(): Promise<Remotes> {
  const place = world();
  place.start();
  const bare = join(place.root, 'served', 'r.git');
  place.git('clone', '-q', '--bare', '.', bare);
  const server = await startGitHttp(join(place.root, 'served'));
  const [one, two] = ['one', 'two'].map((name) => join(place.root, name)) as [string, string];
  for (const dir of [one, two]) {
    // plain git runs synchronously here and can't talk to a server in this very process
    place.git('clone', '-q', bare, dir);
    place.gitIn(dir, 'remote', 'set-url', 'origin', `${server.url}/r.git`);
  }
  return {
    world: place,
    server,
    bare,
    one,
    two,
    commit(dir, path, text) {
      place.write(join(dir, path), text);
      place.gitIn(dir, 'add', '--', path);
      place.gitIn(dir, 'commit', '-qm', `${path}: ${text.trim()}`);
      return place.gitIn(dir, 'rev-parse', 'HEAD');
    },
    async close() {
      await server.close();
      place.close();
    },
  };
}
