import { createWritable, Listr, ListrLogger, ProcessOutput } from 'listr2';
import { type Io, wantsColour } from './io.ts';
import { barText, type ShownStep } from './progress-step.ts';

/** Redraws are cheap for people and dear for remotes that count in ones. */
const REDRAW_MS = 80;

/**
 * The steps as a list on the terminal, on stderr: data goes to stdout alone. Only a view: each task waits for its step,
 * and ends when that does. What else is written to stderr meanwhile comes out below the list.
 */
export async function showSteps(io: Io, steps: readonly ShownStep[], over: () => boolean): Promise<void> {
  const output = new ProcessOutput(sized(io), createWritable(() => undefined) as NodeJS.WriteStream, {
    leaveEmptyLine: false,
  });
  const list = new Listr(
    steps.map((step) => ({
      title: step.title,
      task: async (_: unknown, task: { output: string; skip(): void }) => {
        let drawn = 0;
        step.watcher = () => {
          const now = Date.now();
          if (now - drawn < REDRAW_MS) return;
          drawn = now;
          task.output = barText(step);
        };
        if (step.latest !== undefined) task.output = barText(step);
        await step.ended;
        step.watcher = undefined;
        if (step.state === 'failed') throw new Error(step.title);
        if (step.state === 'skipped' && !over()) task.skip();
      },
    })),
    {
      exitOnError: true,
      registerSignalListeners: false,
      renderer: 'default',
      forceTTY: true,
      rendererOptions: {
        logger: new ListrLogger({ processOutput: output, useIcons: true }),
        showErrorMessage: false,
        collapseErrors: false,
        removeEmptyLines: true,
      },
    },
  );
  const { write } = io.stderr;
  try {
    await list.run();
  } catch {
    // a step failed, which its own caller hears
  } finally {
    io.stderr.write = write;
  }
}

/** The stream with a size to draw in (a terminal may say it has no columns), and colours only where they are wanted. */
export function sized(io: Io): NodeJS.WriteStream {
  const coloured = wantsColour(io, 'stderr');
  // as it is now: while the list is drawn, what others write is held back
  const { write } = io.stderr;
  const plain = (text: unknown): boolean =>
    write.call(io.stderr, String(text).replace(/\u001b\[[0-9;]*m/g, ''), 'utf8');
  return new Proxy(io.stderr as NodeJS.WriteStream, {
    get(stream, name) {
      if (name === 'columns') return stream.columns || io.width;
      if (name === 'rows') return stream.rows || io.height;
      if (name === 'write' && !coloured) return plain;
      const value: unknown = Reflect.get(stream, name);
      return typeof value === 'function' && name !== 'write' ? value.bind(stream) : value;
    },
  });
}
