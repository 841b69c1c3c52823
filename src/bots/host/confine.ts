import { existsSync } from 'node:fs';
import { findSystemProgram, sandboxFault, systemPrograms } from '../../workflow/index.ts';

/** What a `bit` command of a bot's may write, and whether it has a network. */
export interface Confinement {
  /** Of this machine, beside its programs; undefined: all of it. */
  readonly readable?: readonly string[];
  readonly writable: readonly string[];
  /** Folders that are not there for it. */
  readonly hidden: readonly string[];
  readonly network: boolean;
}

/**
 * The words that put a command of a bot's into name spaces of its own: everything to read or just what is told, the
 * repository to write, no network where it was granted none. The command is `bit` itself, which is not hostile: this holds
 * what a flag that takes a path, a link, a hook or a remote helper would reach. Empty where this machine has no bubblewrap
 * that works.
 */
export function confinement({ readable, writable, hidden, network }: Confinement): readonly string[] {
  const program = findSystemProgram('bwrap');
  if (process.platform !== 'linux' || program === undefined || sandboxFault() !== undefined) return [];
  const there = (paths: readonly string[]): readonly string[] => paths.filter((path) => existsSync(path));
  return [
    program,
    ...(readable === undefined
      ? ['--ro-bind', '/', '/', '--dev', '/dev', '--ro-bind-try', '/dev/shm', '/dev/shm']
      : [
          ...['--unshare-user', ...systemPrograms(), '--ro-bind', '/proc', '/proc', '--dev', '/dev'],
          ...['--perms', '1777', '--tmpfs', '/tmp'],
          ...there(readable).flatMap((path) => ['--ro-bind', path, path]),
        ]),
    ...there(writable.slice(0, -1)).flatMap((path) => ['--bind', path, path]),
    ...there(hidden).flatMap((path) => ['--tmpfs', path]),
    // its scratch folder lies in what is hidden
    ...there(writable.slice(-1)).flatMap((path) => ['--bind', path, path]),
    ...(network ? [] : ['--unshare-net']),
    '--',
  ];
}
