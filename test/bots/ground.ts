/** A host of bots as a process of its own, and what it leaves. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { type HandledEvent, readEvents } from '../../src/bots/index.ts';
import { BIT_PROGRAM, type World } from '../world.ts';

/** Milliseconds: only a host that does nothing at all takes as long. */
const PATIENCE = 60_000;

export async function ok(place: World, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await place.bit(...words);
  assert.is(code, 0, `bit ${words.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

/** Writes a bot with one script and sets it to work. */
export async function deployBot(
  place: World,
  name: string,
  bot: { readonly on: string; readonly can: string; readonly js: string; readonly more?: string },
): Promise<void> {
  place.write(
    `.bithub/bots/${name}.yml`,
    `name: ${name}\nhandler: script:main.js\non: ${bot.on}\ncapabilities: ${bot.can}\n${bot.more ?? ''}`,
  );
  place.write(`.bithub/bots/${name}/main.js`, bot.js);
  await ok(place, 'bot', 'deploy', name, '--yes');
}

export interface Hosting {
  readonly child: ChildProcess;
  /** Standard output and error so far. */
  said(): string;
  /** Its exit status; `null` where a signal ended it. */
  ended(): Promise<number | null>;
}

export function startHost(place: World, ...flags: readonly string[]): Hosting {
  const child = spawn(process.execPath, [BIT_PROGRAM, 'bot', 'run', ...flags], {
    cwd: place.dir,
    env: place.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  const end = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, said: () => text, ended: () => end };
}

/** Looks until it is so. */
export async function until(what: string, holds: () => boolean, told: () => string): Promise<void> {
  for (const deadline = performance.now() + PATIENCE; !holds(); await sleep(50))
    if (performance.now() > deadline) assert.unreachable(`never: ${what}\n${told()}`);
}

export function eventsOf(place: World, bot: string): readonly HandledEvent[] {
  return readEvents(join(place.dir, '.git', 'bit'), { bot, most: 1000 });
}

export function logOf(place: World, bot: string): string {
  try {
    return readFileSync(join(place.dir, '.git', 'bit', 'bots', 'logs', `${bot}.log`), 'utf8');
  } catch {
    return '';
  }
}

/** Processes whose command line or environment names the place. */
export function processesOf(place: World): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return ['cmdline', 'environ'].some((file) =>
        readFileSync(join('/proc', pid, file), 'utf8').includes(place.root),
      );
    } catch {
      return false;
    }
  });
}
