import { cloneRepository, openGit } from '../../src/git/index.ts';
import { contract } from './contract.ts';

contract({
  name: 'program',
  open: async (paths, env) => openGit({ paths, env }),
  clone: (url, directory, env) => cloneRepository({ url, directory, env }),
});
