import { printable } from '../kernel/text.ts';
import type { StepProgress } from '../operation/index.ts';

/** One step as a view shows it. Work never waits for a view. */
export class ShownStep implements StepProgress {
  readonly title: string;
  readonly ended: Promise<void>;
  /** Told of every update while a view looks. */
  watcher: (() => void) | undefined;
  latest: { readonly stage: string; readonly done: number; readonly total: number | undefined } | undefined;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped' = 'waiting';
  #end: () => void = () => undefined;

  constructor(title: string) {
    this.title = printable(title);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  readonly update = (stage: string, done: number, total: number | undefined): void => {
    this.latest = { stage: printable(stage), done, total };
    this.watcher?.();
  };

  settle(state: 'done' | 'failed' | 'skipped'): void {
    if (this.state === 'waiting' || this.state === 'running') this.state = state;
    this.#end();
  }
}

/** `Receiving objects ███████░░░ 70% (7/10)`, or a count where the total isn't known. */
export function barText({ latest }: Pick<ShownStep, 'latest'>, bar = true): string {
  if (latest === undefined) return '';
  const { stage, done, total } = latest;
  if (total === undefined || total <= 0) return done > 0 ? `${stage} ${done}` : stage;
  const part = Math.min(1, done / total);
  const drawn = bar ? ` ${'█'.repeat(Math.round(part * 20)).padEnd(20, '░')}` : '';
  return `${stage}${drawn} ${Math.floor(part * 100)}% (${done}/${total})`;
}
