import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { BitError } from '../../kernel/errors.ts';
import type { RoomRequest } from '../executor.ts';
import type { Sandbox } from '../model.ts';
import { confinementArguments, SEALED } from './confinement.ts';
import { isExecutable } from './keeper.ts';
import { systemCallFilter } from './system-calls.ts';

interface Probed {
  readonly program: string | undefined;
  readonly why: string;
  /** Of system calls, where the kernel takes one. */
  readonly filter?: Buffer | undefined;
}

export interface SandboxCommand {
  readonly argv: readonly string[];
  /** What it reads from {@link FILTER_FD}. */
  readonly filter: Buffer | undefined;
}

/** Descriptor of bubblewrap's, closed before anything of the job's runs. */
export const FILTER_FD = 5;
let probed: Probed | undefined;
let probedConfinement: Probed | undefined;

/**
 * bubblewrap and its arguments: the whole system to read, or of a confined sandbox its programs only; the workspace and the
 * job's own folders to write, name spaces of its own.
 *
 * @throws BitError `missing-tool` where bubblewrap is not there or this machine does not let it work
 */
export function sandboxCommand(request: RoomRequest, sandbox: Sandbox): SandboxCommand {
  const { confined, network } = sandbox;
  const { program, why, filter } = confined === undefined ? plain() : confinable();
  if (program === undefined) {
    throw new BitError('missing-tool', `no sandbox can be made: ${why}`, {
      hint: 'install bubblewrap (bwrap), and let this user make user name spaces; or run without --sandbox',
    });
  }
  const bind = (how: string, paths: readonly string[]): string[] =>
    paths.filter((path) => existsSync(path)).flatMap((path) => [how, path, path]);
  const system =
    confined === undefined
      ? [
          ...BASE,
          ...['--tmpfs', '/tmp'],
          ...request.hidden.filter((path) => existsSync(path)).flatMap(covered),
        ]
      : confinementArguments(confined, network);
  const argv = [
    program,
    ...(filter === undefined ? [] : ['--seccomp', String(FILTER_FD)]),
    ...system,
    ...bind('--ro-bind', sandbox.readable ?? []),
    ...bind('--bind', [request.workspace, ...request.writable, ...(sandbox.writable ?? [])]),
    ...(confined === undefined ? [] : SEALED),
    ...(network === 'none' ? ['--unshare-net'] : []),
    '--chdir',
    request.workspace,
    '--',
  ];
  return { argv, filter };
}

/** An empty folder in its place, or an empty file. */
function covered(path: string): readonly string[] {
  return statSync(path).isDirectory() ? ['--tmpfs', path] : ['--ro-bind', '/dev/null', path];
}

/** Why this machine has no sandbox; undefined where it has one. */
export function sandboxFault(): string | undefined {
  const { program, why } = plain();
  return program === undefined ? why : undefined;
}

/** The same of a confined one. */
export function confinementFault(): string | undefined {
  const { program, why } = confinable();
  return program === undefined ? why : undefined;
}

function plain(): Probed {
  probed ??= probe(BASE);
  return probed;
}

function confinable(): Probed {
  if (probedConfinement === undefined) {
    const place = [...confinementArguments({ readable: [], scratch: 1 << 20 }, 'none'), ...SEALED];
    const filter = systemCallFilter();
    const filtered = filter === undefined ? undefined : probe(place, filter);
    // a kernel without filters has the rest of it
    probedConfinement = filtered?.program === undefined ? probe(place) : { ...filtered, filter };
  }
  return probedConfinement;
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
function probe(base: readonly string[], filter?: Buffer): Probed {
  const program = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap'].find(isExecutable);
  if (program === undefined) return { program, why: 'bwrap is not installed' };
  const filtered = filter === undefined ? [] : ['--seccomp', '0'];
  const { status, stderr } = spawnSync(program, [...filtered, ...base, '--unshare-net', '--', 'true'], {
    encoding: 'utf8',
    timeout: 10_000,
    ...(filter === undefined ? {} : { input: filter }),
  });
  return status === 0 ? { program, why: '' } : { program: undefined, why: stderr.trim() || 'bwrap fails' };
}
