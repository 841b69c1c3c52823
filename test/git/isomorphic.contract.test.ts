import { cloneRepository, openBestGit } from '../../src/git/index.ts';
import { contract } from './contract.ts';

/** With no PATH there is no git: the choice falls on the adapter that needs none. */
contract({
  name: 'isomorphic',
  open: (paths, env) => openBestGit({ paths, env: { ...env, PATH: '' } }),
  clone: (url, directory, env) => cloneRepository({ url, directory, env: { ...env, PATH: '' } }),
});
