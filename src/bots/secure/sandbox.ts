import type { Reader } from '../../operation/index.ts';
import { isolation } from '../../plugins/index.ts';
import { confinementFault, findSystemProgram, sandboxFault } from '../../workflow/index.ts';
import type { DeployedBot } from '../model.ts';

/** What holds a bot on this machine, and what does not. */
export interface SandboxInForce {
  /** `node`: Node's permission model; `room`: bubblewrap with nothing but the system's programs. */
  readonly process: 'node' | 'room' | 'none';
  /** Its own process: the network and other processes are taken away by the kernel. */
  readonly namespaces: boolean;
  /** Its `bit` commands: the repository alone can be written, by the kernel. */
  readonly commands: boolean;
  /** Its `bit` commands: no host but those granted can be reached, by the kernel. */
  readonly network: boolean;
  readonly memory: 'kernel' | 'heap';
  /** What is missing, and what follows from it. */
  readonly faults: readonly string[];
}

export function sandboxInForce(reader: Pick<Reader, 'env'>, { manifest }: DeployedBot): SandboxInForce {
  const shell = manifest.handler.kind === 'script' && manifest.handler.language === 'shell';
  const room = confinementFault();
  const around = process.platform === 'linux' ? sandboxFault() : 'there is no bubblewrap on this system';
  const namespaces = shell ? room === undefined : isolation(reader.env).length > 0;
  const faults = [
    ...(shell && room !== undefined
      ? [`it does not run here: no room can be made for a shell script: ${room}`]
      : []),
    ...(!shell && !namespaces
      ? [
          'its process is held by Node alone: unshare is missing, so the kernel does not take the network away',
        ]
      : []),
    ...(around === undefined
      ? []
      : [`its bit commands are held by their words and the gate alone, not by the kernel: ${around}`]),
  ];
  const prlimit = process.platform === 'linux' && findSystemProgram('prlimit') !== undefined;
  return {
    process: shell ? (room === undefined ? 'room' : 'none') : 'node',
    namespaces,
    commands: around === undefined,
    network: around === undefined,
    memory: shell || prlimit ? 'kernel' : 'heap',
    faults,
  };
}
