import { readLive, refreshLive } from '../plugins/index.ts';
import { userDirectories } from './directories.ts';
import { host } from './host.ts';

/** Plugins loaded for their development, as they are now. Costs the look for a file where there is none. */
export async function freshenLive(): Promise<void> {
  const { io } = host();
  const userDirectory = userDirectories(io.env).data;
  if (readLive(userDirectory).length === 0) return;
  const { pluginHost } = await import('./plugin-host.ts');
  const notice = (line: string): void => void io.stderr.write(`${line}\n`);
  const { signal } = new AbortController();
  await refreshLive({ env: io.env, now: io.now, signal, userDirectory, notice }, pluginHost);
}
