import { maskSecrets } from '../kernel/secrets.ts';
import type { Reader } from '../operation/index.ts';
import type { Source } from './provenance.ts';

/** Where what is built comes from. */
export async function readSource(reader: Reader): Promise<Source> {
  const { git } = reader;
  const commit = await git.resolve('HEAD', 'commit');
  const remotes = await git.remotes();
  const url = (remotes.find(({ name }) => name === 'origin') ?? remotes[0])?.fetch;
  const { stdout } = await git.read(['status', '--porcelain', '-z', '--untracked-files=normal'], {
    encoding: 'utf8',
  });
  return {
    repository: url === undefined ? null : withoutUser(url),
    commit: commit ?? null,
    modified: stdout !== '',
  };
}

/** A URL's user information may hold a token. */
function withoutUser(url: string): string {
  return maskSecrets(url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1'));
}
