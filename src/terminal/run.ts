import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory, writeFileAtomic } from '../kernel/files.ts';
import { type LogStream, openLogStream } from '../kernel/log-stream.ts';
import type { Paper } from '../kernel/paper.ts';
import { runTree } from '../kernel/process-tree.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { FIRST_TERMINAL, readTerminal, TERMINAL_FILE, TERMINAL_LOGS, type TerminalConfig } from './config.ts';

export interface TerminalStep {
  readonly kind: 'preflight' | 'command';
  readonly name: string;
  readonly exit: number;
  /** Relative to the repository. */
  readonly log: string;
  readonly milliseconds: number;
}

export interface TerminalRun {
  readonly steps: readonly TerminalStep[];
  /** The file was made: there was none. */
  readonly created: boolean;
}

interface Planned {
  readonly kind: TerminalStep['kind'];
  readonly name: string;
  readonly run: string;
  readonly log: string;
  readonly timeout: number | undefined;
}

/** A command that says more ends. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Runs what `.bit-terminal.json` says: preflight, then its commands or those named, in their order, each logged to
 * `.bit-terminal_logs/<kind>-<n>-<name>.log`. The first that fails ends it.
 *
 * @throws BitError `not-found` for a command that isn't there, with the nearest; `usage` by line and column
 */
export async function runTerminal(reader: Reader, names: readonly string[]): Promise<Effect<TerminalRun>> {
  const root = reader.repository?.root;
  if (root === undefined) throw new BitError('not-found', `${reader.cwd} is not inside a work tree`);
  const found = readTerminal(root);
  const config = found ?? (JSON.parse(FIRST_TERMINAL) as TerminalConfig);
  const steps = planned(config, names);
  return {
    summary: `run ${steps.length} commands of ${TERMINAL_FILE}`,
    target: { path: TERMINAL_FILE, commands: steps.map(({ name }) => name) },
    plan: [
      ...(found === undefined ? [`write ${TERMINAL_FILE}, which is not there`] : []),
      ...steps.map(({ kind, name, run }) => `${kind} ${name}: ${printable(shorten(maskSecrets(run), 200))}`),
    ],
    touches: { refs: [], ...(found === undefined ? { files: [join(root, TERMINAL_FILE)] } : {}) },
    beside: true,
    async run(writer) {
      if (found === undefined) writeFileAtomic(join(root, TERMINAL_FILE), FIRST_TERMINAL);
      prepareLogs(root);
      const done: TerminalStep[] = [];
      for (const step of steps) {
        const ended = await runStep(writer, root, step, config);
        done.push(ended);
        if (ended.exit !== 0) break;
      }
      return { steps: done, created: found === undefined };
    },
    record: ({ steps: done }) => ({ steps: done.map(({ kind, name, exit }) => ({ kind, name, exit })) }),
    failure({ steps: done }) {
      const last = done.at(-1);
      if (last === undefined || last.exit === 0) return undefined;
      return new BitError('failed', `${last.kind} ${last.name} ended with ${last.exit}`, {
        hint: `its log: ${last.log}`,
        details: { steps: done },
      });
    },
  };
}

function planned({ preflight = [], commands = [] }: TerminalConfig, names: readonly string[]): Planned[] {
  const all = commands.map(({ name, run, timeoutSeconds }, at) => ({
    name: name ?? `step-${at + 1}`,
    run,
    at,
    timeout: timeoutSeconds,
  }));
  for (const name of names) {
    if (all.some((one) => one.name === name)) continue;
    const near = nearest(
      name,
      all.map((one) => one.name),
    );
    throw new BitError('not-found', `${TERMINAL_FILE} has no command ${printable(shorten(name))}`, {
      hint:
        near.length > 0
          ? `did you mean: ${near.join(', ')}`
          : `there are: ${all.map((one) => one.name).join(', ') || 'none'}`,
    });
  }
  return [
    ...preflight.map(
      (run, at): Planned => ({
        kind: 'preflight',
        name: `pre-${at}`,
        run,
        log: logName('preflight', at, `pre-${at}`),
        timeout: undefined,
      }),
    ),
    ...all
      .filter(({ name }) => names.length === 0 || names.includes(name))
      .map(
        ({ name, run, at, timeout }): Planned => ({
          kind: 'command',
          name,
          run,
          log: logName('commands', at, name),
          timeout: timeout === undefined ? undefined : timeout * 1000,
        }),
      ),
  ];
}

function logName(kind: string, at: number, name: string): string {
  return `${TERMINAL_LOGS}/${kind}-${at + 1}-${name}.log`;
}

/** Logs are nobody's to commit. */
function prepareLogs(root: string): void {
  const folder = join(root, TERMINAL_LOGS);
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    throw new BitError('usage', `${TERMINAL_LOGS} is a link, and is not written through`);
  makeDirectory(folder);
  const ignore = join(folder, '.gitignore');
  if (!existsSync(ignore)) writeFileAtomic(ignore, '*\n');
}

async function runStep(
  writer: Writer,
  root: string,
  step: Planned,
  config: TerminalConfig,
): Promise<TerminalStep> {
  const started = performance.now();
  const path = join(root, step.log);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    throw new BitError('usage', `${step.log} is a link, and is not written through`);
  writer.notice(`[${step.kind}] ${step.name}`);
  const log = openLogStream(path);
  const lines = new LogLines(log, (line) => writer.notice(printable(shorten(line, 4000))));
  let bytes = 0;
  const own = Object.entries(config.env ?? {}).map(([name, value]) => [name, String(value)] as const);
  const inherited = Object.entries(writer.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const { exitCode, ended, cause } = await runTree({
    program: process.platform === 'win32' ? 'cmd' : '/bin/sh',
    args: process.platform === 'win32' ? ['/d', '/s', '/c', step.run] : ['-c', step.run],
    cwd: root,
    env: Object.fromEntries([...inherited, ...own]),
    signal: writer.signal,
    timeout: step.timeout,
    onOutput(chunk, from) {
      bytes += chunk.length;
      lines.take(chunk, from);
      return bytes > MOST_BYTES;
    },
  });
  if (ended === 'timeout' || ended === 'flood')
    lines.note(ended === 'timeout' ? 'it took longer than it may' : `it said more than ${MOST_BYTES} bytes`);
  if (cause !== undefined) lines.note(cause.message);
  await lines.end();
  if (ended === 'aborted') throw new BitError('cancelled', `interrupted at ${step.name}`);
  return {
    kind: step.kind,
    name: step.name,
    exit: exitCode,
    log: step.log,
    milliseconds: Math.round(performance.now() - started),
  };
}

const LONGEST_LINE = 64 * 1024;

/** Whole lines, masked before they are written or shown. */
class LogLines {
  readonly #log: LogStream;
  readonly #show: (line: string) => void;
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  readonly #rest = { stdout: '', stderr: '' };

  constructor(log: LogStream, show: (line: string) => void) {
    this.#log = log;
    this.#show = show;
  }

  take(chunk: Buffer, from: 'stdout' | 'stderr'): void {
    const parts = (this.#rest[from] + this.#decoders[from].write(chunk)).split('\n');
    let rest = parts.pop() ?? '';
    for (const part of parts) this.#line(part);
    if (rest.length > LONGEST_LINE) {
      this.#line(rest);
      rest = '';
    }
    this.#rest[from] = rest;
  }

  note(text: string): void {
    this.#line(`[bit] ${text}`);
  }

  /** @throws BitError `io` where it could not be written */
  async end(): Promise<void> {
    for (const rest of Object.values(this.#rest)) if (rest !== '') this.#line(rest);
    await this.#log.end();
  }

  #line(text: string): void {
    const masked = maskSecrets(text.replace(/\r$/, ''));
    this.#log.write(`${masked}\n`);
    this.#show(masked);
  }
}

export function renderTerminal({ steps, created }: TerminalRun, page: Paper): void {
  if (created) page.line(`wrote ${TERMINAL_FILE}; it is yours to change`);
  for (const { kind, name, milliseconds, log } of steps)
    page.line(page.safe(`${kind} ${name}: done in ${(milliseconds / 1000).toFixed(1)} s, ${log}`));
}
