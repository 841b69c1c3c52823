import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { BitError } from '../../kernel/errors.ts';
import type { RoomRequest } from '../executor.ts';
import type { Sandbox } from '../model.ts';
import { confinementArguments, SEALED } from './confinement.ts';
import { isExecutable } from './keeper.ts';

interface Probed {
  readonly program: string | undefined;
  readonly why: string;
}
let probed: Probed | undefined;
let probedConfinement: Probed | undefined;

/**
 * bubblewrap's arguments: the whole system to read, or of a confined sandbox its programs only; the workspace and the
 * job's own folders to write, name spaces of its own.
 *
 * @throws BitError `missing-tool` where bubblewrap is not there or this machine does not let it work
 */
export function sandboxArguments(request: RoomRequest, sandbox: Sandbox): readonly string[] {
  const { confined, network } = sandbox;
  const { program, why } = confined === undefined ? plain() : confinable();
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
  return [
    program,
    ...system,
    ...bind('--ro-bind', sandbox.readable ?? []),
    ...bind('--bind', [request.workspace, ...request.writable, ...(sandbox.writable ?? [])]),
    ...(confined === undefined ? [] : SEALED),
    ...(network === 'none' ? ['--unshare-net'] : []),
    '--chdir',
    request.workspace,
    '--',
  ];
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
  probedConfinement ??= probe([
    ...confinementArguments({ readable: [], scratch: 1 << 20 }, 'none'),
    ...SEALED,
  ]);
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
function probe(base: readonly string[]): Probed {
  const program = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap'].find(isExecutable);
  if (program === undefined) return { program, why: 'bwrap is not installed' };
  const { status, stderr } = spawnSync(program, [...base, '--unshare-net', '--', 'true'], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  return status === 0 ? { program, why: '' } : { program: undefined, why: stderr.trim() || 'bwrap fails' };
}
