import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { MOST_COMMAND_FILE, parseAssignments, parsePaths } from './command-files.ts';
import type { Annotation, CommandFile, LineTools, ProcessWork } from './model.ts';
import type { RunLog } from './run-log.ts';

/** What a step does beside its exit status, collected while it runs and journaled when it ends. */
export class StepEffects implements LineTools {
  readonly outputs: Record<string, string> = Object.create(null) as Record<string, string>;
  readonly changes: Record<string, string> = Object.create(null) as Record<string, string>;
  readonly saved: Record<string, string> = Object.create(null) as Record<string, string>;
  readonly folders: string[] = [];
  summaryText = '';
  readonly #log: RunLog;
  readonly #place: { readonly instance: string; readonly step: string };

  constructor(log: RunLog, place: { readonly instance: string; readonly step: string }) {
    this.#log = log;
    this.#place = place;
  }

  readonly mask = (value: string): void => this.#log.mask(value);

  readonly output = (name: string, value: string): void => {
    this.outputs[name] = value;
  };

  readonly env = (name: string, value: string): void => {
    this.changes[name] = value;
  };

  readonly path = (folder: string): void => {
    this.folders.unshift(folder);
  };

  readonly save = (name: string, value: string): void => {
    this.saved[name] = value;
  };

  readonly annotate = (annotation: Annotation): void => {
    const { instance, step } = this.#place;
    const masked = { ...annotation, message: this.#log.text(annotation.message) };
    this.#log.record({ t: 'note', instance, step, annotation: masked });
    this.#log.tell({ event: 'annotation', job: instance, step, annotation: masked });
  };

  /** Empty command files in `folder`, by the variable that names each. */
  static lay(folder: string, files: ProcessWork['files']): Record<string, string> {
    const named: Record<string, string> = {};
    if (Object.keys(files).length === 0) return named;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const [variable, role] of Object.entries(files)) {
      const path = join(folder, role);
      writeFileSync(path, '', { mode: 0o600 });
      named[variable] = path;
    }
    return named;
  }

  /**
   * Reads what the process wrote into them, and takes them away.
   *
   * @throws BitError `failed` naming the file's line that is wrong
   */
  take(folder: string, files: ProcessWork['files']): void {
    try {
      for (const [variable, role] of new Map(Object.entries(files).map(([name, role]) => [role, name]))) {
        this.#takeOne(join(folder, variable), variable, role);
      }
    } finally {
      if (Object.keys(files).length > 0) rmSync(folder, { recursive: true, force: true });
    }
  }

  #takeOne(path: string, role: CommandFile, shown: string): void {
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts === undefined || facts.size === 0) return;
    if (facts.size > MOST_COMMAND_FILE) {
      throw new BitError('failed', `$${shown} holds more than ${MOST_COMMAND_FILE} bytes`);
    }
    const text = readFileSync(path, 'utf8');
    if (role === 'summary') this.summaryText += text;
    else if (role === 'path') for (const folder of parsePaths(text)) this.path(folder);
    else {
      const put = role === 'env' ? this.env : role === 'output' ? this.output : this.save;
      for (const [name, value] of parseAssignments(text, `$${shown}`)) put(name, value);
    }
  }
}
