import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import type { Reader } from '../operation/index.ts';
import { type Executor, localExecutor, type Sandbox, sandboxFault } from '../workflow/index.ts';
import type { Copy } from './workshop.ts';

export type Network = 'none' | 'host';

/** What no trial sees of the environment: what opens doors, and what belongs to this program and this person's session. */
const KEPT_BACK =
  /TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE|AUTH|COOKIE|^BIT_|^BITHUB_|^GIT_|^GH_|^GITHUB_|^SSH_|^GPG_|^DBUS_|^XDG_|^AWS_|^AZURE_|^GOOGLE_|^npm_config_/i;

/** The environment of a trial: this one's, without what it should not have, at home in the copy. */
export function trialEnvironment(reader: Reader, { home, cache }: Copy): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(reader.env)) {
    if (value === undefined || KEPT_BACK.test(name) || maskSecrets(value) !== value) continue;
    env[name] = value;
  }
  const before = reader.env['HOME'];
  const config =
    reader.env['GIT_CONFIG_GLOBAL'] ?? (before === undefined ? undefined : join(before, '.gitconfig'));
  delete env['TMPDIR'];
  return {
    ...env,
    HOME: home,
    XDG_CACHE_HOME: cache,
    npm_config_cache: join(cache, 'npm'),
    npm_config_update_notifier: 'false',
    ...(config !== undefined && existsSync(config) ? { GIT_CONFIG_GLOBAL: config } : {}),
    ...(reader.env['GIT_CONFIG_NOSYSTEM'] === undefined ? {} : { GIT_CONFIG_NOSYSTEM: '1' }),
  };
}

/** What of this machine and this person a trial doesn't see, not even to read. */
export function hiddenFrom(reader: Reader): readonly string[] {
  const home = reader.env['HOME'];
  const own = [
    ...['.ssh', '.gnupg', '.aws', '.azure', '.docker', '.kube', '.config/gh', '.config/gcloud'],
    ...['.netrc', '.npmrc', '.pypirc', '.git-credentials'],
  ];
  return [
    reader.userDirectory,
    reader.configDirectory,
    reader.stateDirectory,
    ...(home === undefined ? [] : own.map((name) => join(home, name))),
  ];
}

/** @throws BitError `missing-tool` where this machine has no sandbox */
export function requireSandbox(): void {
  const fault = sandboxFault();
  if (fault === undefined) return;
  throw new BitError('missing-tool', `nothing can be tried without a sandbox: ${fault}`, {
    hint: 'install bubblewrap (bwrap), and let this user make user name spaces',
  });
}

export function trialSandbox({ home, cache, readable }: Copy, network: Network, config?: string): Sandbox {
  return {
    network,
    writable: [home, cache],
    readable: [...readable, ...(config === undefined ? [] : [config])],
  };
}

/** Runs in the sandbox of the trial whatever a workflow asks for itself. */
export function trialExecutor(copy: Copy, network: Network, config?: string): Executor {
  const local = localExecutor();
  const sandbox = trialSandbox(copy, network, config);
  return {
    placement: 'local',
    open: (request) => local.open({ ...request, sandbox }),
  };
}
