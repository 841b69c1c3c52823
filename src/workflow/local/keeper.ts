import { accessSync, constants } from 'node:fs';

/**
 * The keeper is a small shell that starts a job's processes one after another, in a process group each, on the
 * engine's word: it forks faster than Node does, stands at the root of all that the job starts, and ends it all when
 * the engine is gone, however that went. Its descriptors: 0 commands, 1 and 2 output, 3 answers, 4 nothing: its end
 * says that the engine died.
 */
export interface KeeperShell {
  readonly argv: readonly string[];
  /** Put before a program so that it gets a process group of its own; the shell does it by itself where empty. */
  readonly group: string;
}

/** bash has process groups without a terminal; other shells need setsid(1). */
export function keeperShell(): KeeperShell {
  for (const path of ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash']) {
    if (isExecutable(path)) return { argv: [path, '--noprofile', '--norc'], group: '' };
  }
  return { argv: ['/bin/sh'], group: 'setsid ' };
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface KeeperOptions {
  readonly shell: KeeperShell;
  /** Ends an output, after a NUL. */
  readonly nonce: string;
  /** Set in the environment of all it starts. */
  readonly marker: string;
  /** `namespace`: its end is the end of all it started, which the kernel sees to. */
  readonly containment: 'namespace' | 'marker';
  readonly fileSize: number | undefined;
  /** Files of control groups that take the keeper in. */
  readonly doors: readonly string[];
  readonly processes: number | undefined;
  /** Bytes of data each process may have. */
  readonly data: number | undefined;
}

/**
 * What the keeper is told first. Traps keep the signals meant for its children off it; they start with the defaults.
 * Its own messages (`Killed`) go nowhere. Outside a name space a guardian waits for the engine's end.
 */
export function keeperPrologue(options: KeeperOptions): string {
  const { shell, nonce, marker, containment, fileSize, doors, processes, data } = options;
  return [
    'exec 5>&2 2>/dev/null',
    'trap : INT TERM HUP QUIT',
    'ulimit -c 0',
    ...(fileSize === undefined ? [] : [`ulimit -f ${Math.max(1, Math.floor(fileSize / 512))}`]),
    ...doors.map((door) => `echo 0 >${quoted(door)}`),
    ...(processes === undefined ? [] : [`ulimit -u ${processes} || ulimit -p ${processes}`]),
    ...(data === undefined ? [] : [`ulimit -d ${Math.max(1, Math.floor(data / 1024))}`]),
    ...(shell.group === '' ? ['set -m'] : []),
    ...(containment === 'marker' ? [guardian(marker)] : ['exec 4<&-']),
    `bit_tell() { bit_status=$?
printf '\\000%s\\n' ${nonce}
printf '\\000%s\\n' ${nonce} >&5
printf '%s %s\\n' "$1" "$bit_status" >&3
}`,
    "printf 'ready\\n' >&3",
    '',
  ].join('\n');
}

/** Ends whatever carries the marker once nobody holds the other end of descriptor 4 any more. */
function guardian(marker: string): string {
  return `( trap '' INT TERM HUP QUIT
exec </dev/null >/dev/null 2>&1 3>&- 5>&-
while read -r bit_line <&4; do :; done
bit_turn=0
while [ $bit_turn -lt 20 ]; do
  bit_turn=$((bit_turn + 1))
  bit_found=$(grep -lsz '^BIT_ROOM=${marker}$' /proc/[0-9]*/environ)
  [ -n "$bit_found" ] || break
  for bit_file in $bit_found; do bit_pid=\${bit_file#/proc/}; kill -9 "\${bit_pid%/environ}"; done
done
) &
exec 4<&-`;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export interface KeeperCommand {
  readonly id: number;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Set, or taken out where undefined. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Starts one process. Names no shell can export go through env(1). */
export function keeperCommand({ group }: KeeperShell, { id, argv, cwd, env }: KeeperCommand): string {
  const parts = [`cd ${quoted(cwd)}`];
  const odd: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!NAME.test(name)) odd.push(value === undefined ? `-u ${quoted(name)}` : quoted(`${name}=${value}`));
    else parts.push(value === undefined ? `unset ${name}` : `export ${name}=${quoted(value)}`);
  }
  const through = odd.length === 0 ? '' : `env ${odd.join(' ')} `;
  parts.push(`exec ${group}${through}${argv.map(quoted).join(' ')}`);
  // The text to run stands in a variable, so that no message of the shell's can show it. Two lines: where SIGINT ends a
  // process, bash gives up the rest of the line it stood in.
  return `bit_run=${quoted(parts.join(' && '))}
( eval "$bit_run" ) </dev/null 2>&5 3>&- 5>&-
bit_tell ${id}
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
