/** A real S3 server on loopback: Debian's radosgw over a monitor and a memory store of Ceph's own, with cephx. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ObjectServer {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  close(): Promise<void>;
}

/** Takes some 13 seconds. */
export async function startRadosgw(): Promise<ObjectServer> {
  const directory = mkdtempSync(join(tmpdir(), 'bit-rgw-'));
  const started: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    for (const child of started.reverse()) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null)
        await new Promise((resolve) => child.once('exit', resolve));
    }
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    return { ...(await start(directory, started)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(directory: string, started: ChildProcess[]): Promise<Omit<ObjectServer, 'close'>> {
  const [monitor, gateway] = [await freePort(), await freePort()];
  const { stdout } = await run('uuidgen', ['-r']).catch(async () => ({ stdout: crypto.randomUUID() }));
  const fsid = stdout.trim();
  const conf = join(directory, 'ceph.conf');
  writeFileSync(conf, configuration(directory, fsid, monitor, gateway));
  for (const folder of ['mon', 'osd', 'crash']) mkdirSync(join(directory, folder));
  const at = { cwd: directory, env: { ...process.env, CEPH_CONF: conf } };
  const call = async (program: string, ...args: string[]): Promise<void> => {
    await run(program, args, { ...at, timeout: 60_000 });
  };
  const serve = (program: string, ...args: string[]): void => {
    started.push(spawn(program, [...args, '-c', conf, '-f'], { ...at, stdio: 'ignore' }));
  };
  const key = (name: string, ...caps: string[]) =>
    call(
      'ceph-authtool',
      'keyring',
      '--gen-key',
      '-n',
      name,
      ...caps.flatMap((cap) => ['--cap', ...cap.split('=')]),
    );
  await call(
    'ceph-authtool',
    '--create-keyring',
    'keyring',
    '--gen-key',
    '-n',
    'mon.',
    '--cap',
    'mon',
    'allow *',
  );
  await key('client.admin', 'mon=allow *', 'osd=allow *');
  await key('osd.0', 'mon=allow profile osd', 'osd=allow *');
  await key('client.rgw', 'mon=allow rwx', 'osd=allow rwx');
  await call(
    'monmaptool',
    '--create',
    '--clobber',
    '--fsid',
    fsid,
    '--addv',
    'a',
    `[v2:127.0.0.1:${monitor}]`,
    'monmap',
  );
  await call('ceph-mon', '-i', 'a', '-c', conf, '--mkfs', '--monmap', 'monmap', '--keyring', 'keyring');
  serve('ceph-mon', '-i', 'a');
  const disk = crypto.randomUUID();
  await call('ceph', '-c', conf, 'osd', 'new', disk);
  await call('ceph-osd', '-i', '0', '-c', conf, '--mkfs', '--osd-uuid', disk, '--keyring', 'keyring');
  await call('ceph', '-c', conf, 'auth', 'add', 'osd.0', '-i', 'keyring');
  serve('ceph-osd', '-i', '0');
  serve('radosgw', '-n', 'client.rgw');
  const endpoint = `http://127.0.0.1:${gateway}`;
  for (const deadline = Date.now() + 90_000; ; await sleep(200)) {
    if (
      await fetch(endpoint).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    if (Date.now() > deadline) throw new Error(`radosgw did not come up in ${directory}`);
  }
  const credentials = { accessKeyId: 'BITTEST', secretAccessKey: crypto.randomUUID() };
  await call(
    ...(['radosgw-admin', '-c', conf, '-n', 'client.rgw', 'user', 'create', '--uid', 'bit'] as const),
    ...['--display-name', 'bit', '--access-key', credentials.accessKeyId],
    ...['--secret-key', credentials.secretAccessKey],
  );
  return { endpoint, credentials };
}

function configuration(directory: string, fsid: string, monitor: number, gateway: number): string {
  return `[global]
fsid = ${fsid}
run dir = ${directory}
admin socket =
log file = ${directory}/$name.log
mon cluster log file = ${directory}/cluster.log
crash dir = ${directory}/crash
keyring = ${directory}/keyring
mon host = [v2:127.0.0.1:${monitor}/0]
ms bind ipv4 = true
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
[mon.a]
mon data = ${directory}/mon
public addr = 127.0.0.1
[osd.0]
osd data = ${directory}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
public addr = 127.0.0.1
cluster addr = 127.0.0.1
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${gateway}
rgw thread pool size = 16
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
