/** A repository with images to build, engines with a store of their own, and a real registry on loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type World, world } from '../world.ts';

export const USER = 'ada';
export const PASSWORD = 'correct horse';
/** bcrypt of it, cost 4. */
const HTPASSWD = `${USER}:$2b$04$xHpgUA2ZmO4xh6a36cbSXukHqCcVbgZVx0omiS2mBcrVSyJwpLT3G\n`;

/** From nothing and a static busybox: no registry is asked for a base. */
export const DOCKERFILE = `FROM scratch
ARG WHO=world
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV GREETING=hello-$WHO
CMD ["/bin/sh"]
`;

/** Environment in which engines keep their images inside the world; nothing of the machine's own is touched. */
export function engineStore(place: World): Readonly<Record<string, string>> {
  const storage = join(place.root, 'storage');
  const configuration = join(place.root, 'storage.conf');
  const text = `[storage]\ndriver = "vfs"\nrunroot = "${storage}/run"\ngraphroot = "${storage}/graph"\n`;
  writeFileSync(configuration, text);
  return { CONTAINERS_STORAGE_CONF: configuration, STORAGE_DRIVER: 'vfs' };
}

export function imageWorld(): World {
  const place = world();
  Object.assign(place.env, engineStore(place));
  place.start();
  return place;
}

export function addImage(place: World, folder: string, dockerfile = DOCKERFILE, name = 'Dockerfile'): void {
  const directory = join(place.dir, folder);
  mkdirSync(directory, { recursive: true });
  copyFileSync('/bin/busybox', join(directory, 'busybox'));
  writeFileSync(join(directory, name), dockerfile);
  place.git('add', '-A');
  place.git('commit', '-qm', 'images');
}

export interface Registry {
  /** `127.0.0.1:5000` */
  readonly host: string;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  close(): void;
}

/** Debian's docker-registry; `guarded` asks for {@link USER} and {@link PASSWORD}. */
export async function startRegistry(place: World, guarded = false): Promise<Registry> {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const htpasswd = join(place.root, 'htpasswd');
  writeFileSync(htpasswd, HTPASSWD);
  const auth = guarded ? `auth:\n  htpasswd:\n    realm: test\n    path: ${htpasswd}\n` : '';
  const file = join(place.root, 'registry.yml');
  const storage = `storage:\n  filesystem:\n    rootdirectory: ${join(place.root, 'registry')}\n`;
  writeFileSync(file, `version: 0.1\n${storage}http:\n  addr: ${host}\n${auth}`);
  const child: ChildProcess = spawn('docker-registry', ['serve', file], { stdio: 'ignore' });
  const get = (path: string, headers = {}) => fetch(`http://${host}${path}`, { headers });
  for (let left = 100; ; left--) {
    const answered = await get('/v2/').then(
      () => true,
      () => false,
    );
    if (answered) return { host, get, close: () => void child.kill('SIGKILL') };
    if (left === 0) throw new Error('the registry did not start');
    await wait(100);
  }
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
