/** Repositories of workflow files, for the tests that run them. */
import { type World, world } from '../world.ts';

/** A repository with these workflow files, committed. */
export function repository(files: Readonly<Record<string, string>>): World {
  const place = world();
  place.start();
  for (const [name, text] of Object.entries(files)) place.write(name, text);
  place.git('add', '.');
  place.git('commit', '-q', '-m', 'workflows');
  return place;
}

export const workflow = (jobs: string, on = 'push'): string => `on: ${on}\njobs:\n${jobs}`;
export const job = (steps: string, more = ''): string =>
  `  a:\n    runs-on: ubuntu-latest\n${more}    steps:\n${steps}`;

/** Runs one workflow of one file; the log lines of its steps come with it. */
export async function run(text: string, ...words: string[]) {
  const place = repository({ '.github/workflows/w.yml': text });
  try {
    const { code, stdout, stderr } = await place.bit('run', 'w', ...words);
    return { code, text: stdout + stderr };
  } finally {
    place.close();
  }
}
