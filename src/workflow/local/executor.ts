import { spawnSync } from 'node:child_process';
import { BitError } from '../../kernel/errors.ts';
import type { Executor, Room, RoomRequest } from '../executor.ts';
import { isExecutable } from './keeper.ts';
import { LocalRoom } from './room.ts';
import { sandboxCommand } from './sandbox.ts';

/**
 * Runs jobs on this machine. As root on Linux each job has a process name space of its own, whose end the kernel makes
 * the end of all that runs in it; in a sandbox too. Elsewhere a job's processes are known by descent and by a variable
 * of their environment.
 */
export function localExecutor(): Executor {
  let plain: readonly string[] | undefined;
  return {
    placement: 'local',
    async open(request: RoomRequest): Promise<Room> {
      if (process.platform === 'win32') {
        throw new BitError('unsupported', 'workflows do not run on Windows itself', {
          hint: 'run bit inside WSL',
        });
      }
      if (request.sandbox !== undefined) {
        const { argv, filter } = sandboxCommand(request, request.sandbox);
        const around = [...dyingWithUs(), ...argv];
        return LocalRoom.open({ request, around, filter, containment: 'namespace', selfCaging: false });
      }
      plain ??= nameSpace();
      const containment = plain.length === 0 ? 'marker' : 'namespace';
      return LocalRoom.open({ request, around: plain, containment, selfCaging: true });
    },
  };
}

/** What gives a process name space, where this user may have one without losing anything; empty where not. */
function nameSpace(): readonly string[] {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return [];
  const unshare = find('unshare');
  if (unshare === undefined) return [];
  const around = [...dyingWithUs(), unshare, '--pid', '--fork', '--kill-child', '--mount-proc'];
  const { status } = spawnSync(around[0] ?? unshare, [...around.slice(1), 'true'], { stdio: 'ignore' });
  return status === 0 ? around : [];
}

/** The kernel kills it when this process ends, however it ends. */
function dyingWithUs(): readonly string[] {
  const setpriv = process.platform === 'linux' ? find('setpriv') : undefined;
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL'];
}

export function find(program: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin', '/sbin']
    .map((folder) => `${folder}/${program}`)
    .find(isExecutable);
}
