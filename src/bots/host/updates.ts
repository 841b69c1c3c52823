import { isBitError } from '../../kernel/errors.ts';
import type { Writer } from '../../operation/index.ts';
import { parseCron } from '../../schedule/index.ts';
import type { DeployedBot } from '../model.ts';

/** Takes changed manifests by the clock: `bit bot update schedule`. Times while no host ran are not made up for. */
export class Updates {
  readonly #seen = new Map<string, Date>();
  readonly #began: Date;

  constructor(began: Date) {
    this.#began = began;
  }

  /** Names of those whose time has come since this was asked last. */
  due(bots: readonly DeployedBot[], now: Date): readonly string[] {
    return bots.flatMap(({ manifest: { name }, updates }) => {
      if (updates === null) return [];
      const from = this.#seen.get(name) ?? this.#began;
      const next = nextOf(updates, from);
      if (next === undefined || next > now) return [];
      this.#seen.set(name, now);
      return [name];
    });
  }
}

/** Undefined where the line is none any more. */
function nextOf(line: string, from: Date): Date | undefined {
  try {
    return parseCron(line, 'UTC').nextRun(from) ?? undefined;
  } catch (error) {
    if (isBitError(error)) return undefined;
    throw error;
  }
}

/** One that would come to have more stays as it is: only a person says yes to that. */
export async function updateUnattended(writer: Writer, name: string): Promise<number> {
  return writer.runBit(['bot', 'update', 'now', name, '--no-gains', '--yes', '--no-input'], {
    onOutput: (text) => {
      for (const line of text.split('\n')) if (line !== '') writer.notice(line);
    },
    signal: writer.signal,
  });
}
