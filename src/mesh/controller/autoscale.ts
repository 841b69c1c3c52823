/**
 * Runners as many as are wanted: `bit runner start` as processes of this machine, or what the hook
 * `.bit/hooks/autoscale` does (called with the profile, the number there is and the number wanted).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileNeeds, ProfileOptions, Scale } from '../lifecycle/index.ts';

export const AUTOSCALE_HOOK = '.bit/hooks/autoscale';
const HOOK_MS = 60_000;
/** A runner that was told to end has this long for the jobs it has. */
const GRACE_MS = 60_000;

export interface AutoscaleOptions {
  readonly root: string | undefined;
  /** Words that start this program. */
  readonly self: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly address: string;
  /** Where what they print is kept. */
  readonly directory: string;
  readonly notice: (line: string) => void;
}

interface Started {
  readonly child: ChildProcess;
  readonly profile: string;
}

export class Autoscale {
  readonly #options: AutoscaleOptions;
  readonly #started = new Map<string, Started>();
  readonly #hook: string | undefined;
  #count = 0;

  constructor(options: AutoscaleOptions) {
    this.#options = options;
    const hook = options.root === undefined ? undefined : join(options.root, AUTOSCALE_HOOK);
    this.#hook = hook !== undefined && executable(hook) ? hook : undefined;
  }

  scale(scale: Scale): void {
    const { profile, from, to, retire } = scale;
    if (from === to && retire.length === 0) return;
    this.#options.notice(`profile ${profile}: ${from} runners, ${to} wanted`);
    if (this.#hook !== undefined) this.#call(this.#hook, scale);
    else {
      const mine = [...this.#started.values()].filter((started) => started.profile === profile).length;
      for (let n = Math.max(from, mine); n < to; n++) this.#start(profile);
      // a runner's name ends in its instance's
      for (const id of retire) this.#started.get(id.split('/').at(-1) ?? '')?.child.kill('SIGTERM');
    }
  }

  /** Ends those that were started here, their jobs first. */
  async stop(): Promise<void> {
    const all = [...this.#started.values()];
    for (const { child } of all) child.kill('SIGTERM');
    await Promise.all(
      all.map(({ child }) => {
        const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
        return new Promise<void>((resolve) => child.once('close', () => resolve())).finally(() =>
          clearTimeout(timer),
        );
      }),
    );
  }

  #start(profile: string): void {
    const { self, env, address, root, directory, notice } = this.#options;
    const [program = '', ...words] = self;
    const instance = `${profile.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-${process.pid}-${++this.#count}`;
    const args = [...words, 'runner', 'start', '--no-input', '--instance', instance];
    args.push('--profile', profile, '--controller', address);
    const log = this.#openLog(instance);
    const child = spawn(program, args, {
      cwd: root ?? directory,
      env: { ...env } as NodeJS.ProcessEnv,
      stdio: ['ignore', log ?? 'ignore', log ?? 'ignore'],
    });
    if (log !== undefined) closeSync(log);
    this.#started.set(instance, { child, profile });
    const over = (why: string): void => {
      if (!this.#started.delete(instance)) return;
      if (why !== '') notice(`runner ${instance} ${why}; see ${directory}`);
    };
    child.on('error', (error) => over(`could not be started: ${error.message}`));
    child.on('close', (code) =>
      over(code === 0 || code === null || code === 130 ? '' : `ended with ${code}`),
    );
  }

  /** A runner whose words can't be kept is started all the same. */
  #openLog(instance: string): number | undefined {
    const { directory, notice } = this.#options;
    try {
      mkdirSync(directory, { recursive: true });
      return openSync(join(directory, `${instance}.log`), 'w', 0o600);
    } catch (error) {
      notice(`what runner ${instance} says is not kept: ${(error as Error).message}`);
      return undefined;
    }
  }

  #call(hook: string, { profile, from, to, retire }: Scale): void {
    const { env, root, address, notice } = this.#options;
    const child = spawn(hook, [profile, String(from), String(to), ...retire], {
      cwd: root,
      env: { ...env, BIT_MESH: address } as NodeJS.ProcessEnv,
      stdio: 'ignore',
      timeout: HOOK_MS,
    });
    child.on('error', (error) => notice(`${AUTOSCALE_HOOK} could not be started: ${error.message}`));
    child.on('close', (code) => code !== 0 && notice(`${AUTOSCALE_HOOK} ended with ${code ?? 'a signal'}`));
  }
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const GB = 1e9;

/** What `clusters.profiles` of `.bithub.yml` ask of their runners. */
export function needsOf(
  profiles: Readonly<
    Record<
      string,
      { resources?: { gpus?: string; memoryGB?: number; cpus?: number } | undefined } | undefined
    >
  >,
): Readonly<Record<string, ProfileNeeds>> {
  return Object.fromEntries(
    Object.entries(profiles).flatMap(([name, profile]) => {
      if (profile?.resources === undefined) return [];
      const { gpus, memoryGB, cpus } = profile.resources;
      const [kind = '', count = '1'] = gpus?.split(':') ?? [];
      const needs: ProfileNeeds = {
        ...(cpus === undefined ? {} : { cpu: cpus }),
        ...(memoryGB === undefined ? {} : { memory_bytes: Math.round(memoryGB * GB) }),
        ...(gpus === undefined ? {} : { gpus: { kind, count: Number(count) } }),
      };
      return [[name, needs]];
    }),
  );
}

/** `clusters.profiles` of `.bithub.yml` that say how many runners there should be. */
export function profilesOf(
  profiles: Readonly<
    Record<
      string,
      { autoscale?: { min?: number; max?: number; cooldownSeconds?: number } | undefined } | undefined
    >
  >,
): ProfileOptions[] {
  return Object.entries(profiles).flatMap(([name, profile]) => {
    const { min = 0, max = Math.max(1, min), cooldownSeconds = 300 } = profile?.autoscale ?? {};
    return profile?.autoscale === undefined ? [] : [{ name, min, max, cooldown_ms: cooldownSeconds * 1000 }];
  });
}
