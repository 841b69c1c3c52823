import { delimiter, join } from 'node:path';
import type { Environment } from '../git/index.ts';
import type { Target } from './model.ts';

/**
 * What every command gets of the caller's environment: where it is, who it is, how it reaches the network. Anything else
 * would be an input the key knows nothing of, and keeps secrets out of builds that did not ask for them.
 */
const PASSED = new Set(
  (
    'PATH HOME USER LOGNAME SHELL TMPDIR TMP TEMP TZ LANG TERM NO_COLOR FORCE_COLOR COLUMNS CI ' +
    'HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS ' +
    'XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR GOPATH GOCACHE GOMODCACHE GOROOT CARGO_HOME ' +
    'RUSTUP_HOME JAVA_HOME ANDROID_HOME NVM_DIR VOLTA_HOME COREPACK_HOME PNPM_HOME PYENV_ROOT VIRTUAL_ENV ' +
    'SystemRoot SYSTEMROOT windir ComSpec COMSPEC PATHEXT APPDATA LOCALAPPDATA USERPROFILE ProgramFiles'
  ).split(' '),
);

/** The variables a target named, with their values, in order. */
export function namedEnvironment(target: Pick<Target, 'env'>, env: Environment): [string, string][] {
  const exact = new Set(target.env.filter((name) => !name.endsWith('*')));
  const begins = target.env.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
  return Object.entries(env)
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .filter(([name]) => exact.has(name) || begins.some((beginning) => name.startsWith(beginning)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export interface CommandPlace {
  readonly root: string;
  readonly env: Environment;
  /** Running operation: what `bit` does inside belongs to it. */
  readonly operation: string;
}

export function commandEnvironment(
  target: Target,
  { root, env, operation }: CommandPlace,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && (PASSED.has(name) || name.startsWith('LC_'))) result[name] = value;
  for (const [name, value] of namedEnvironment(target, env)) result[name] = value;
  const folders = target.path.map((folder) => join(root, folder));
  const path = [...folders, result['PATH'] ?? ''].filter((part) => part !== '').join(delimiter);
  return {
    ...result,
    ...target.set,
    PATH: path,
    ...(target.from === 'npm'
      ? { INIT_CWD: root, npm_package_json: join(root, target.directory, 'package.json') }
      : {}),
    BIT_OPERATION: operation,
  };
}
