import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from '../../git/index.ts';
import { BitError } from '../../kernel/errors.ts';
import { makeDirectory, readTextIfExists, writeFileAtomic } from '../../kernel/files.ts';
import type { Effect, Reader } from '../../operation/index.ts';
import { runnerPlace } from './place.ts';
import { requireManifest, runnerRoot, type StartRequest } from './start.ts';
import { isRunning, readStatus } from './status.ts';

export interface BackgroundRunner {
  readonly id: string;
  readonly pid: number;
  /** What it says goes there. */
  readonly log: string;
}

const PATIENCE_MS = 15_000;

/**
 * Starts the runner as a process of its own that outlives this one.
 *
 * @throws BitError `busy` where one runs here already, `failed` with its last words where it does not stay
 */
export async function startInBackground(
  reader: Reader,
  request: StartRequest,
): Promise<Effect<BackgroundRunner>> {
  const root = runnerRoot(reader);
  const { id } = requireManifest(root);
  const place = runnerPlace(reader.stateDirectory);
  const words = ['runner', 'start', '--no-input', ...wordsOf(request)];
  return {
    summary: `start ${id} in the background`,
    target: { runner: id, background: true },
    plan: [`start bit ${words.join(' ')} in ${root}`, `write what it says to ${place.log}`],
    touches: { refs: [] },
    beside: true,
    event: 'RUNNER_BACKGROUND',
    async run(writer) {
      if (isRunning(place))
        throw new BitError('busy', 'a runner of this repository runs already', {
          hint: 'see it with: bit runner status; end it with: bit runner stop',
        });
      makeDirectory(place.folder);
      const log = openSync(place.log, 'a', 0o600);
      const [program = process.execPath, ...first] = writer.self;
      const env = Object.fromEntries(
        Object.entries(writer.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
      );
      const child = spawn(program, [...first, ...words], {
        cwd: root,
        env,
        detached: true,
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      let over: string | undefined;
      child.once('error', (error) => {
        over = error.message;
      });
      child.once('exit', (code) => {
        over = `it ended with exit code ${code}`;
      });
      for (let waited = 0; waited < PATIENCE_MS; waited += 100) {
        const status = readStatus(place);
        if (status !== undefined && status.pid === child.pid) {
          child.unref();
          return { id, pid: status.pid, log: place.log };
        }
        if (over !== undefined) break;
        await sleep(100);
      }
      if (over === undefined) child.kill('SIGTERM');
      const said = (readTextIfExists(place.log) ?? '').trim().split('\n').slice(-5).join('\n');
      throw new BitError('failed', `the runner does not run: ${over ?? 'it takes too long'}\n${said}`);
    },
    record: (out) => ({ id: out.id, pid: out.pid }),
  };
}

export interface InstalledRunner {
  readonly unit: string;
  /** What is left for the user to type. */
  readonly next: string;
}

/** Has the user's systemd run it from now on. @throws BitError `missing-tool` where there is no bit to start */
export async function installRunner(reader: Reader, request: StartRequest): Promise<Effect<InstalledRunner>> {
  const root = runnerRoot(reader);
  const { id } = requireManifest(root);
  const bit = findProgram('bit', reader.env);
  if (bit === undefined)
    throw new BitError('missing-tool', 'there is no bit on the PATH for it to start', {
      hint: 'npm install --global @bithub/cli',
    });
  const words = wordsOf(request);
  const unsafe = [root, bit, ...words].find((word) => /[\n\r\0%"\\$]/.test(word));
  if (unsafe !== undefined)
    throw new BitError('unsupported', `${JSON.stringify(unsafe)} can't stand in a systemd file`);
  const name = `bit-runner-${createHash('sha256').update(root).digest('hex').slice(0, 12)}.service`;
  const path = join(reader.configDirectory, '..', 'systemd', 'user', name);
  const unit = `[Unit]
Description=bit runner ${id}
After=network-online.target

[Service]
WorkingDirectory=${root}
ExecStart="${bit}" runner start${words.map((word) => ` "${word}"`).join('')}
Restart=on-failure
RestartSec=10
KillMode=mixed
TimeoutStopSec=1h
Delegate=yes

[Install]
WantedBy=default.target
`;
  return {
    summary: `have systemd run ${id}`,
    target: { runner: id, unit: path },
    plan: [`write ${path}`],
    touches: { refs: [], files: [path] },
    event: 'RUNNER_INSTALL',
    async run() {
      writeFileAtomic(path, unit);
      return { unit: path, next: `systemctl --user enable --now ${name}` };
    },
    record: (out) => ({ unit: out.unit }),
  };
}

function wordsOf({ controller, profile, idleExit }: StartRequest): string[] {
  return [
    ...(controller === undefined ? [] : ['--controller', controller]),
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(idleExit === undefined ? [] : ['--idle-exit', String(idleExit)]),
  ];
}
