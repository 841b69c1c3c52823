import type { Progress } from '../operation/index.ts';
import type { Globals } from './command.ts';
import type { Io } from './io.ts';

/** A line redrawn in place on a terminal, a plain line a stage elsewhere; nothing before half a second has passed. */
export function openProgress(io: Io, globals: Globals, title: string): Progress {
  if (globals.quiet === true || globals.json === true)
    return { update: () => undefined, end: () => undefined };
  const started = io.now().getTime();
  const terminal = io.stderrIsTerminal;
  let drawn = false;
  let lastStage = '';
  let lastDraw = 0;
  const text = (stage: string, done: number, total: number | undefined): string => {
    if (total === undefined || total <= 0) return `${title}: ${stage} ${done}`;
    const part = Math.min(1, done / total);
    const bar = terminal ? ` ${'█'.repeat(Math.round(part * 20)).padEnd(20, '░')}` : '';
    return `${title}: ${stage}${bar} ${Math.floor(part * 100)}% (${done}/${total})`;
  };
  return {
    update(stage, done, total) {
      const now = io.now().getTime();
      if (terminal) {
        if (now - started < 500 || now - lastDraw < 80) return;
        lastDraw = now;
        drawn = true;
        io.stderr.write(`\r\u001b[2K${text(stage, done, total).slice(0, Math.max(20, io.width - 1))}`);
      } else if (stage !== lastStage && now - started >= 500) {
        lastStage = stage;
        io.stderr.write(`${text(stage, done, total)}\n`);
      }
    },
    end() {
      if (drawn) io.stderr.write('\r\u001b[2K');
      drawn = false;
    },
  };
}
