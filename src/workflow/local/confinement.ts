import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import type { Confinement } from '../model.ts';

/** Of `/etc` what programs need to start, to find each other and to check whom they talk to; nothing about people. */
const SETTINGS: readonly string[] = [
  'alternatives',
  'ca-certificates',
  'ca-certificates.conf',
  'fonts',
  'java',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'magic',
  'mime.types',
  'nsswitch.conf',
  'perl',
  'pki/tls/certs',
  'protocols',
  'python3',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'timezone',
];
/** Where the network is there, where names are looked up too. */
const NAMES: readonly string[] = ['hosts', 'resolv.conf', 'gai.conf', 'host.conf'];

/** bubblewrap's arguments for a place with nothing of this machine but its programs, before what may be written. */
export function confinementArguments(confined: Confinement, network: 'none' | 'host'): readonly string[] {
  const { readable, scratch, devices = [] } = confined;
  const settings = network === 'host' ? [...SETTINGS, ...NAMES] : SETTINGS;
  const size = String(scratch);
  return [
    '--die-with-parent',
    '--unshare-user',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    '--disable-userns',
    ...['--uid', '1000', '--gid', '1000', '--hostname', 'job', '--cap-drop', 'ALL'],
    '--new-session',
    ...systemPrograms(settings),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...devices.filter((path) => existsSync(path)).flatMap((path) => ['--dev-bind', path, path]),
    ...['--size', size, '--perms', '1777', '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    ...['--size', size, '--perms', '1777', '--tmpfs', '/tmp'],
    // after what would lie over those of them that are below /tmp or /dev/shm
    ...readable.flatMap(readOnly),
  ];
}

/** The programs of this machine, and of its settings what they need. */
export function systemPrograms(settings: readonly string[] = SETTINGS): readonly string[] {
  return [...SYSTEM.flatMap(systemFolder), ...settings.map((name) => `/etc/${name}`).flatMap(readOnly)];
}

/** After everything that is mounted: what holds the places together is memory too, and nobody's to fill. */
export const SEALED: readonly string[] = ['--remount-ro', '/'];

const SYSTEM: readonly string[] = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** On most systems all but `/usr` lead into it. */
function systemFolder(path: string): string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  return stat.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
}

function readOnly(path: string): string[] {
  return existsSync(path) ? ['--ro-bind', path, path] : [];
}
