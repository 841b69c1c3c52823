import { spawn } from 'node:child_process';
import type { Io } from './io.ts';

/**
 * Shows text through `$BIT_PAGER`, `$PAGER` or less; false where none starts or it is turned off (`cat`, empty).
 * The value is split on white space and started without a shell.
 */
export function pageThrough(io: Io, text: string): Promise<boolean> {
  const wanted = io.env['BIT_PAGER'] ?? io.env['PAGER'] ?? 'less';
  const [program, ...args] = wanted.split(/\s+/).filter((word) => word !== '');
  if (program === undefined || program === 'cat') return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...io.env, LESS: io.env['LESS'] ?? 'FRX' },
    });
    child.on('error', () => resolve(false));
    child.stdin.on('error', () => undefined); // the reader quit before the end
    child.on('close', () => resolve(true));
    child.stdin.end(text);
  });
}
