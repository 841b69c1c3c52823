import { inTree } from './fixers/evidence.ts';
import type { Bench, FailedStep } from './model.ts';

/** Files of the tree that a step's script names by their paths, in order. */
export async function calledFiles(
  { command, workingDirectory }: FailedStep,
  bench: Bench,
): Promise<readonly string[]> {
  const words =
    (command ?? '').slice(0, 65_536).match(/(?:^|[\s;&|(])(?:\.{1,2}\/)?[\w.-]+(?:\/[\w.-]+){0,20}/g) ?? [];
  const paths = words
    .slice(0, 100)
    .flatMap(
      (word) =>
        inTree({ workingDirectory, workspace: '' } as FailedStep, word.replace(/^[\s;&|(]/, '')) ?? [],
    );
  const found: string[] = [];
  for (const path of new Set(paths)) if ((await bench.mode(path)) !== undefined) found.push(path);
  return found.slice(0, 20);
}
