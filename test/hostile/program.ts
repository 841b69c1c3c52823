/** The built program as people start it, in a hermetic world, and disks that refuse. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { builtBit } from '../e2e/built.ts';
import { requireService } from '../suite.ts';
import type { BitRun, World } from '../world.ts';

export interface RunOptions {
  readonly dir?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** User the program runs as; root only. */
  readonly uid?: number;
}

export interface Started {
  /** Of the program and, as it has a group of its own, of all it started. */
  readonly pid: number;
  readonly ended: Promise<BitRun & { readonly signal: NodeJS.Signals | null }>;
}

/** Starts the program in a process group of its own, as a terminal does. */
export function begin(place: World, words: readonly string[], options: RunOptions = {}): Started {
  const child = spawn(process.execPath, [builtBit(), ...words], {
    cwd: options.dir ?? place.dir,
    env: { ...place.env, BIT_KEYSTORE: 'file', ...options.env },
    detached: true,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const ended = new Promise<Awaited<Started['ended']>>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({
        code: code ?? -1,
        signal,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      }),
    );
  });
  return { pid: child.pid ?? 0, ended };
}

export async function run(place: World, words: readonly string[], options: RunOptions = {}): Promise<BitRun> {
  const ran = await begin(place, words, options).ended;
  harmless(ran, words);
  return ran;
}

/** Whatever happens, a person sees words: no stack, no bug of ours, nothing a terminal obeys, no wall of text. */
export function harmless(ran: BitRun, words: readonly string[]): void {
  const shown = `${words.join(' ').slice(0, 200)}: ${ran.stderr.slice(0, 2000)}`;
  assert.is.not(ran.code, 70, shown);
  assert.not.match(ran.stderr, /internal error|^\s+at .*[:(]\d+/m, shown);
  assert.not.match(ran.stderr, /[\u0000-\u0008\u000b-\u001f\u007f]/, shown);
  assert.ok(ran.stderr.length < 6000, `${ran.stderr.length} characters: ${shown}`);
}

/** Refused with `code`, saying `words`. */
export function refused(ran: BitRun, code: number, words: RegExp): void {
  assert.is(ran.code, code, `${ran.stdout}\n${ran.stderr}`);
  assert.match(ran.stderr, words);
}

/** Everything holds: the ledger, git's objects, and no operation is open. */
export async function sound(place: World, dir = place.dir): Promise<void> {
  const verified = await run(place, ['ledger', 'verify'], { dir });
  assert.is(verified.code, 0, verified.stdout + verified.stderr);
  const fsck = spawnSync('git', ['fsck', '--no-dangling', '--no-progress'], {
    cwd: dir,
    env: place.env,
    encoding: 'utf8',
  });
  assert.is(fsck.status, 0, fsck.stderr);
  assert.equal(openOperations(dir), []);
}

export function openOperations(dir: string): string[] {
  const folder = join(dir, '.git', 'bit', 'ledger', 'open');
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^[0-9a-z]{26}$/.test(name)) : [];
}

/** Whether this process may mount; under CI=true root that may not is a failure. */
export function mayMount(place: World): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const probe = join(place.root, 'probe');
  mkdirSync(probe);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe]).status === 0;
  if (mounted) execFileSync('umount', [probe]);
  return requireService('mounting a tmpfs as root', mounted);
}

export interface Disk {
  readonly path: string;
  /** Leaves about this many kibibytes free. */
  fill(kibibytes: number): void;
  empty(): void;
  readOnly(on: boolean): void;
  close(): void;
}

/** A small disk of its own, mounted in the world. */
export function smallDisk(place: World, megabytes: number): Disk {
  const path = join(realpathSync(place.root), 'disk');
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  const filler = join(path, 'filler');
  const free = (): number => {
    const { bavail, bsize } = statfsSync(path);
    return (bavail * bsize) / 1024;
  };
  return {
    path,
    fill(kibibytes) {
      const size = Math.max(0, free() - kibibytes);
      writeFileSync(filler, Buffer.alloc(size * 1024));
    },
    empty: () => execFileSync('rm', ['-f', filler]),
    readOnly: (on) => execFileSync('mount', ['-o', `remount,${on ? 'ro' : 'rw'}`, path]),
    close: () => execFileSync('umount', ['-l', path]),
  };
}
