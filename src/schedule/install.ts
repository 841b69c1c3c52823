import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { findProgram } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { rootOf } from './change.ts';

export type Keeper = 'systemd' | 'crontab';

/** What a machine is to keep running: `bit <words>` for as long as it is on, or `bit <words> --once` every minute. */
export interface Kept {
  /** Names the unit: `bit-<unit>-….service`. */
  readonly unit: string;
  /** For people: `the schedules`. */
  readonly what: string;
  readonly words: readonly string[];
  readonly event: string;
}

const SCHEDULES: Kept = {
  unit: 'schedule',
  what: 'the schedules',
  words: ['schedule', 'run'],
  event: 'SCHEDULE_INSTALL',
};

export interface InstallResult {
  readonly keeper: Keeper;
  /** The unit, or the line of the crontab. */
  readonly what: string;
  /** What is left for the user to type. */
  readonly next: string | null;
}

/**
 * Has the machine keep the schedules, or another such process: a unit of the user's systemd, or a line of the user's
 * crontab that sees to what is due every minute.
 *
 * @throws BitError `missing-tool` where the machine has neither
 */
export async function installKeeper(
  reader: Reader,
  keeper: Keeper,
  kept: Kept = SCHEDULES,
): Promise<Effect<InstallResult>> {
  const root = rootOf(reader);
  const bit = findProgram('bit', reader.env);
  if (bit === undefined)
    throw new BitError('missing-tool', 'there is no bit on the PATH for it to start', {
      hint: 'npm install --global @bithub/cli',
    });
  const unsafe =
    [root, bit].find((word) => /[\n\r\0%"\\$`]/.test(word)) ?? kept.words.find((word) => !PLAIN.test(word));
  if (unsafe !== undefined)
    throw new BitError('unsupported', `${JSON.stringify(unsafe)} can't stand in a ${keeper} file`);
  return keeper === 'systemd' ? systemd(reader, { root, bit, kept }) : crontab(reader, { root, bit, kept });
}

/** A word that neither a shell nor systemd reads as anything but itself. */
const PLAIN = /^[0-9A-Za-z.:_-]+$/;

interface Place {
  readonly root: string;
  readonly bit: string;
  readonly kept: Kept;
}

function systemd(reader: Reader, { root, bit, kept }: Place): Effect<InstallResult> {
  const name = `bit-${kept.unit}-${createHash('sha256').update(root).digest('hex').slice(0, 12)}.service`;
  const path = join(reader.configDirectory, '..', 'systemd', 'user', name);
  const unit = `[Unit]
Description=bit ${kept.words.join(' ')} in ${root}

[Service]
WorkingDirectory=${root}
ExecStart="${bit}" ${kept.words.join(' ')}
Restart=on-failure
RestartSec=30

[Install]
WantedBy=default.target
`;
  return {
    summary: `have systemd keep ${kept.what}`,
    target: { keeper: 'systemd', path },
    plan: [`write ${path}`],
    touches: { refs: [], files: [path] },
    event: kept.event,
    async run() {
      writeFileAtomic(path, unit);
      return { keeper: 'systemd', what: path, next: `systemctl --user enable --now ${name}` };
    },
    record: () => ({ keeper: 'systemd', path }),
  };
}

function crontab(reader: Reader, { root, bit, kept }: Place): Effect<InstallResult> {
  const program = findProgram('crontab', reader.env);
  if (program === undefined)
    throw new BitError('missing-tool', 'this machine has no crontab', {
      hint: 'install cron, or: --install systemd',
    });
  const line = `* * * * * cd "${root}" && "${bit}" ${kept.words.join(' ')} --once --quiet`;
  return {
    summary: `have cron keep ${kept.what}`,
    target: { keeper: 'crontab', line },
    plan: [`add to the crontab: ${line}`],
    touches: { refs: [] },
    irreversible: ['added a line to the crontab'],
    event: kept.event,
    async run(writer) {
      // no crontab yet is an empty one
      const before = await call(program, ['-l'], writer);
      const text = before.status === 0 ? before.stdout.replace(/\n*$/, '') : '';
      const lines = text === '' ? [] : text.split('\n');
      if (!lines.includes(line)) {
        const set = await call(program, ['-'], writer, `${[...lines, line].join('\n')}\n`);
        if (set.status !== 0) throw new BitError('failed', `crontab refused the line: status ${set.status}`);
      }
      return { keeper: 'crontab', what: line, next: null };
    },
    record: () => ({ keeper: 'crontab' }),
  };
}

function call(
  program: string,
  args: readonly string[],
  { env, signal }: Pick<Reader, 'env' | 'signal'>,
  input = '',
): Promise<{ readonly status: number | null; readonly stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { env, signal, stdio: ['pipe', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.once('error', (error) =>
      reject(new BitError('io', `${program}: ${error.message}`, { cause: error })),
    );
    child.once('close', (status) => resolve({ status, stdout }));
  });
}
