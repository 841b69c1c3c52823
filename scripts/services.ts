/**
 * Programs the tests use as outside checkers. As root on Debian what is missing is installed; elsewhere it is named,
 * and under CI=true that is a failure.
 */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

interface Service {
  /** A program on the path, or an absolute file. */
  readonly needs: string;
  readonly debian: string;
  readonly why: string;
}

const SERVICES: readonly Service[] = [
  { needs: 'git', debian: 'git', why: 'everything' },
  { needs: 'ssh-keygen', debian: 'openssh-client', why: 'signatures checked by another program' },
  { needs: 'dbus-run-session', debian: 'dbus', why: 'the key store' },
  { needs: 'gnome-keyring-daemon', debian: 'gnome-keyring', why: 'the key store' },
  { needs: '/usr/share/doc/libsecret-1-0', debian: 'libsecret-1-0', why: 'the key store' },
  { needs: 'zip', debian: 'zip', why: 'archives made by another program' },
  { needs: 'unzip', debian: 'unzip', why: 'archives opened by another program' },
  { needs: 'sqlite3', debian: 'sqlite3', why: 'the ledger read by another program' },
  { needs: 'strace', debian: 'strace', why: 'disk faults at every write of the ledger' },
  { needs: 'git-lfs', debian: 'git-lfs', why: 'large files' },
  {
    needs: '/usr/share/doc/python3-opentimestamps',
    debian: 'python3-opentimestamps',
    why: 'timestamps read by another program',
  },
  { needs: 'buildah', debian: 'buildah', why: 'images' },
  { needs: 'podman', debian: 'podman', why: 'images' },
  { needs: 'docker-registry', debian: 'docker-registry', why: 'images pushed to a real registry' },
  { needs: '/bin/busybox', debian: 'busybox-static', why: 'images made from nothing' },
  { needs: 'promtool', debian: 'prometheus', why: 'metrics read by another program' },
  { needs: 'nats-server', debian: 'nats-server', why: 'a mesh of several controllers' },
  { needs: 'bwrap', debian: 'bubblewrap', why: 'jobs in a sandbox' },
  { needs: 'radosgw', debian: 'radosgw', why: 'artifacts in a real S3 server' },
  { needs: 'ceph-mon', debian: 'ceph-mon', why: 'artifacts in a real S3 server' },
  { needs: 'ceph-osd', debian: 'ceph-osd', why: 'artifacts in a real S3 server' },
  { needs: 'ceph', debian: 'ceph-common', why: 'artifacts in a real S3 server' },
  {
    needs: '/usr/share/doc/python3-websockets',
    debian: 'python3-websockets',
    why: 'a runner of the mesh in another language',
  },
  {
    needs: '/usr/share/doc/python3-jsonschema',
    debian: 'python3-jsonschema',
    why: 'messages of the mesh checked by another program',
  },
  {
    needs: '/usr/share/doc/python3-cryptography',
    debian: 'python3-cryptography',
    why: 'signatures of the mesh by another program',
  },
  { needs: 'shellcheck', debian: 'shellcheck', why: 'what repair puts right' },
  { needs: 'cargo', debian: 'cargo', why: 'what repair puts right' },
  { needs: 'rustfmt', debian: 'rustfmt', why: 'what repair puts right' },
  { needs: 'zsh', debian: 'zsh', why: 'completion' },
  { needs: 'fish', debian: 'fish', why: 'completion' },
];

function present({ needs }: Service): boolean {
  if (needs.startsWith('/')) return process.platform !== 'linux' || existsSync(needs);
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) =>
    endings.some((ending) => {
      try {
        accessSync(join(folder, needs + ending), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

function install(missing: readonly Service[]): void {
  const debian = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (!debian || missing.length === 0) return;
  const packages = [...new Set(missing.map((service) => service.debian))];
  process.stdout.write(`installing test services: ${packages.join(' ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet: SpawnSyncOptions = { stdio: ['ignore', 'ignore', 'inherit'], env };
  spawnSync('apt-get', ['update', '-qq'], quiet);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet);
}

/** Whether the tests may go on. */
export function provideServices(): boolean {
  install(SERVICES.filter((service) => !present(service)));
  const missing = SERVICES.filter((service) => !present(service));
  for (const { needs, debian, why } of missing) {
    process.stdout.write(`missing: ${needs} (${why}); on Debian: apt-get install ${debian}\n`);
  }
  return missing.length === 0 || process.env['CI'] !== 'true';
}
