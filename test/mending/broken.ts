/** A repository whose workflow really fails, by the machine's own tools; and what autofix makes of it. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { AutofixResult } from '../../src/mending/index.ts';
import { type World, world } from '../world.ts';

export interface Broken {
  /** Files of the commit; `!` before a name makes a program of it. */
  readonly files: Readonly<Record<string, string>>;
  /** Default `ci`. */
  readonly workflow?: string;
  /** Runs before the last: how often, and what to do before each. */
  readonly runs?: number;
  readonly before?: (place: World, run: number) => void;
}

/** `.bithub/workflows/ci.yml` with one job of these steps. */
export const steps = (...commands: readonly string[]): string =>
  `jobs:\n  main:\n    steps:\n${commands.map((command) => `      - run: ${command}\n`).join('')}`;

export async function broken({ files, workflow = 'ci', runs = 1, before }: Broken): Promise<World> {
  const place = world();
  place.start();
  for (const [name, text] of Object.entries(files)) {
    const path = name.replace(/^!/, '');
    place.write(path, text);
    if (name.startsWith('!')) chmodSync(join(place.dir, path), 0o755);
  }
  place.git('add', '--all');
  place.git('commit', '-q', '-m', 'as it is');
  for (let run = 1; run <= runs; run++) {
    before?.(place, run);
    await place.bit('run', workflow);
  }
  return place;
}

export async function autofix(
  place: World,
  ...words: readonly string[]
): Promise<AutofixResult & { readonly code: number }> {
  const { code, stdout, stderr } = await place.bit('bot', 'autofix', 'workflow', ...words, '--json');
  try {
    return { ...(JSON.parse(stdout) as AutofixResult), code };
  } catch {
    throw new Error(`no result: ${code}\n${stdout}${stderr}`);
  }
}
