import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type World, world } from '../world.ts';

/** A repository with the workflow `note`, which writes the input TEXT to `../noted`. */
export async function within(work: (place: World) => Promise<void>): Promise<void> {
  const place = world();
  try {
    place.start();
    program(place, 'note.sh', 'echo "$TEXT" >> "$(dirname "$PWD")/noted"');
    place.git('add', '.');
    place.git('commit', '-q', '-m', 'note');
    await work(place);
  } finally {
    place.close();
  }
}

export function program(place: World, name: string, text: string): void {
  place.write(name, `#!/bin/sh\n${text}\n`);
  chmodSync(join(place.dir, name), 0o755);
}

/** `bit`, of which success is expected; its `--json` answer. */
export async function did(place: World, ...words: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await place.bit(...words, '--json');
  assert.is(code, 0, `bit ${words.join(' ')}: ${stdout}${stderr}`);
  const lines = stdout.trim().split('\n');
  const whole = stdout.trimStart().startsWith('{\n') ? stdout : (lines.at(-1) ?? '{}');
  return JSON.parse(whole) as Record<string, unknown>;
}

/** Plain git as in a step of a workflow: its hooks leave what happened and start nothing. */
export function plain(place: World, ...args: string[]): { code: number | null; stderr: string } {
  const { status, stderr } = spawnSync('git', args, {
    cwd: place.dir,
    env: { ...place.env, BIT_RUN_OPERATION: '00000000000000000000000000' },
    encoding: 'utf8',
  });
  return { code: status, stderr };
}

export interface Fired {
  readonly trigger: string;
  readonly event: string;
  readonly result: string;
  readonly why: string | null;
  readonly run: string | null;
}

export async function fire(place: World): Promise<readonly Fired[]> {
  return (await did(place, 'trigger', 'fire'))['fired'] as readonly Fired[];
}
