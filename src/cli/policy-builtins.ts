import { join } from 'node:path';
import { readTextIfExists } from '../kernel/files.ts';
import type { BuiltinSource } from '../policy/index.ts';
import { host } from './host.ts';

/**
 * What plugins bring to policies. Where none brings any, which a look into the table tells, nothing more is loaded: every
 * command comes this way.
 */
export async function policyBuiltins(directories: {
  readonly data: string;
  readonly config: string;
}): Promise<BuiltinSource | undefined> {
  const plugins = join(directories.data, 'plugins');
  const brings = (file: string, word: string): boolean =>
    readTextIfExists(join(plugins, file))?.includes(word) === true;
  // of those in the making the list doesn't tell what they bring
  const { bundled = [] } = host().installation ?? {};
  const own = bundled.filter(({ provides }) => provides.builtins !== undefined);
  if (own.length === 0 && !brings('table.json', '"builtins"') && !brings('live.json', '"path"'))
    return undefined;
  const { openBuiltins } = await import('../plugins/index.ts');
  return openBuiltins({ bundled: own, userDirectory: directories.data, configDirectory: directories.config });
}
