/** A network of name spaces on a bridge of their own: machines that reach each other, and nobody else. */
import { execFileSync } from 'node:child_process';

export interface Lan {
  /** What runs a program on a machine, before its own words. */
  at(machine: number): readonly string[];
  address(machine: number): string;
  close(): void;
}

/** Why there can be none here; undefined where there can. */
export function lanFault(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'network name spaces need root on Linux';
  const name = `bit-probe-${process.pid}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'exec', name, 'ip', 'link', 'add', 'br0', 'type', 'bridge');
    return undefined;
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error).trim();
  } finally {
    try {
      ip('netns', 'del', name);
    } catch {
      // it could not be made
    }
  }
}

export function makeLan(machines: number): Lan {
  const base = `bit-${process.pid}`;
  const hub = `${base}-hub`;
  const names: string[] = [hub];
  const within = (name: string, ...words: readonly string[]): void =>
    ip('netns', 'exec', name, 'ip', ...words);
  const close = (): void => {
    for (const name of names) {
      try {
        ip('netns', 'del', name);
      } catch {
        // it is gone
      }
    }
  };
  try {
    ip('netns', 'add', hub);
    within(hub, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0');
    within(hub, 'link', 'set', 'br0', 'up');
    for (let machine = 1; machine <= machines; machine++) {
      const name = `${base}-${machine}`;
      names.push(name);
      ip('netns', 'add', name);
      within(hub, 'link', 'add', `port${machine}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
      within(hub, 'link', 'set', `port${machine}`, 'master', 'br0', 'up');
      within(name, 'link', 'set', 'lo', 'up');
      within(name, 'address', 'add', `10.77.0.${machine}/24`, 'dev', 'eth0');
      within(name, 'link', 'set', 'eth0', 'up');
      within(name, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0');
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    at: (machine) => ['ip', 'netns', 'exec', `${base}-${machine}`],
    address: (machine) => `10.77.0.${machine}`,
    close,
  };
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}
