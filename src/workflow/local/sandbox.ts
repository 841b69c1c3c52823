import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { BitError } from '../../kernel/errors.ts';
import type { RoomRequest } from '../executor.ts';
import type { Sandbox } from '../model.ts';
import { isExecutable } from './keeper.ts';

let probed: { readonly program: string | undefined; readonly why: string } | undefined;

/**
 * bubblewrap's arguments: the whole system to read, the workspace and the job's own folders to write, name spaces of
 * its own.
 *
 * @throws BitError `missing-tool` where bubblewrap is not there or this machine does not let it work
 */
export function sandboxArguments(request: RoomRequest, sandbox: Sandbox): readonly string[] {
  probed ??= probe();
  if (probed.program === undefined) {
    throw new BitError('missing-tool', `no sandbox can be made: ${probed.why}`, {
      hint: 'install bubblewrap (bwrap), and let this user make user name spaces; or run without --sandbox',
    });
  }
  const bind = (how: string, paths: readonly string[]): string[] =>
    paths.filter((path) => existsSync(path)).flatMap((path) => [how, path, path]);
  return [
    probed.program,
    ...BASE,
    '--tmpfs',
    '/tmp',
    ...request.hidden.filter((path) => existsSync(path)).flatMap((path) => ['--tmpfs', path]),
    ...bind('--bind', [request.workspace, ...request.writable, ...(sandbox.writable ?? [])]),
    ...(sandbox.network === 'none' ? ['--unshare-net'] : []),
    '--chdir',
    request.workspace,
    '--',
  ];
}

/** Why this machine has no sandbox; undefined where it has one. */
export function sandboxFault(): string | undefined {
  probed ??= probe();
  return probed.program === undefined ? probed.why : undefined;
}

const BASE: readonly string[] = [
  '--die-with-parent',
  '--unshare-pid',
  '--unshare-ipc',
  '--unshare-uts',
  '--ro-bind',
  '/',
  '/',
  '--proc',
  '/proc',
  '--dev',
  '/dev',
];

/** There on disk is not enough: many machines forbid it. */
function probe(): { readonly program: string | undefined; readonly why: string } {
  const program = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap'].find(isExecutable);
  if (program === undefined) return { program, why: 'bwrap is not installed' };
  const { status, stderr } = spawnSync(program, [...BASE, '--unshare-net', '--', 'true'], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  return status === 0 ? { program, why: '' } : { program: undefined, why: stderr.trim() || 'bwrap fails' };
}
