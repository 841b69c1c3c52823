import { join } from 'node:path';
import { isBitError } from '../kernel/errors.ts';
import { runMeshJob } from '../runs/mesh-job.ts';
import type { Installation } from './host.ts';
import { sandboxProgram } from './plugin-program.ts';

/** Exit status where this machine could not run the job: another runner may. */
const UNABLE = 75;

/**
 * The program a runner of a mesh starts in a job's room for a task of kind `workflow`: `mesh-job.js <home>` in the
 * checkout. Its standard output is an event a line; 0 and 1 are how the job ended, 75 that this machine could not run it.
 */
export async function meshJob(installation: Omit<Installation, 'table'>): Promise<void> {
  const { root } = installation;
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => ending.abort());
  try {
    process.exitCode = await runMeshJob({
      home: process.argv[2] ?? '',
      workspace: process.cwd(),
      env: process.env as Readonly<Record<string, string>>,
      bit: [process.execPath, join(root, 'bin', 'run.js')],
      signal: ending.signal,
      print: (line) => process.stdout.write(`${line}\n`),
      works: {
        async bot({ confined }) {
          const [{ botWork }, { bundledPlugins }] = await Promise.all([
            import('../bots/index.ts'),
            import('../plugins/index.ts'),
          ]);
          return botWork({
            program: sandboxProgram(installation),
            bundled: bundledPlugins(installation),
            shim: join(root, 'bin', 'bot-shim.js'),
            confined,
          });
        },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const stack = isBitError(error) || !(error instanceof Error) ? '' : (error.stack ?? '');
    process.stderr.write(`error: ${message}\n${stack}`);
    process.exitCode = UNABLE;
  }
}
