import { join } from 'node:path';

/** What a runner keeps of its own, in the local state of the repository it serves. */
export interface RunnerPlace {
  readonly folder: string;
  /** The kernel's, held as long as it runs. */
  readonly lock: string;
  readonly status: string;
  readonly results: string;
  readonly history: string;
  readonly jobs: string;
  readonly mirrors: string;
  /** Keys of controllers seen first. */
  readonly pins: string;
  readonly log: string;
}

/** @param instance which of several runners; each has a folder of its own */
export function runnerPlace(stateDirectory: string, instance?: string): RunnerPlace {
  const folder = join(stateDirectory, 'mesh', instance === undefined ? 'runner' : `runner.${instance}`);
  return {
    folder,
    lock: join(folder, 'runner.lock'),
    status: join(folder, 'status.json'),
    results: join(folder, 'results'),
    history: join(folder, 'history.json'),
    jobs: join(folder, 'jobs'),
    mirrors: join(folder, 'mirrors'),
    pins: join(folder, 'pins.json'),
    log: join(folder, 'runner.log'),
  };
}
