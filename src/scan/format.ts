import { spawn } from 'node:child_process';
import type { Environment } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import { type Formatter, formatterFor, formattersOf } from './formatter.ts';
import type { CheckReport, Finding } from './index.ts';
import { readStaged, readStagedText, type StagedFile, type StagedPlace } from './staged.ts';

const MOST_BYTES = 1 << 20;
const MOST_OUTPUT = 4 << 20;
const AT_ONCE = 2;
const PATIENCE = 60_000;

export interface FormatOptions {
  readonly env: Environment;
  readonly signal: AbortSignal;
}

/** Runs the project's own formatter over each staged file and compares: what differs is not formatted. */
export async function checkFormat(place: StagedPlace, options: FormatOptions): Promise<CheckReport> {
  const skipped = (note: string): CheckReport => ({
    check: 'format',
    outcome: 'skipped',
    files: 0,
    note,
    findings: [],
  });
  const { root } = place.git.paths;
  if (root === undefined) return skipped('there is no work tree');
  const formatters = formattersOf(root, options.env);
  if (formatters.length === 0) return skipped('the project configures no formatter');
  const missing = formatters.filter((formatter) => formatter.program === undefined).map(({ name }) => name);
  const files = (await readStaged(place)).filter((file) => !file.symlink && file.size <= MOST_BYTES);
  const work = files.flatMap((file) => {
    const formatter = formatterFor(formatters, file.path);
    return formatter?.program === undefined ? [] : [{ file, formatter, program: formatter.program }];
  });
  const note = missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
  if (work.length === 0) return skipped(note ?? 'no staged file is one it formats');
  const findings: Finding[] = [];
  const queue = [...work];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const finding = await checkFile(place, { ...next, root, ...options });
      if (finding !== undefined) findings.push(finding);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  findings.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    check: 'format',
    outcome: findings.length > 0 ? 'failed' : 'passed',
    files: work.length,
    findings,
    ...(note === undefined ? {} : { note }),
  };
}

interface OneFile extends FormatOptions {
  readonly file: StagedFile;
  readonly formatter: Formatter;
  readonly program: string;
  readonly root: string;
}

async function checkFile(place: StagedPlace, one: OneFile): Promise<Finding | undefined> {
  const { file, formatter } = one;
  const text = await readStagedText(place, file);
  if (text === undefined) return undefined;
  const { exitCode, stdout, stderr } = await run(one, text);
  const finding = (line: number, message: string): Finding => ({
    path: file.path,
    line,
    column: 1,
    rule: formatter.name,
    message,
  });
  if (exitCode !== 0) {
    const said = stderr.split('\n').find((line) => /[A-Za-z]/.test(line)) ?? `exit code ${exitCode}`;
    return finding(1, `${formatter.name} could not read it: ${shorten(printable(said.trim()), 200)}`);
  }
  return stdout === text
    ? undefined
    : finding(firstDifference(text, stdout), `is not formatted as ${formatter.name} would`);
}

function firstDifference(a: string, b: string): number {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const at = left.findIndex((line, i) => line !== right[i]);
  return at < 0 ? left.length : at + 1;
}

/** No shell; the staged text on standard input; bounded in output and time. */
function run(one: OneFile, input: string): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(one.program, [...one.formatter.args(one.file.path)], {
      cwd: one.root,
      env: { ...one.env, NO_COLOR: '1' } as NodeJS.ProcessEnv,
      stdio: ['pipe', 'pipe', 'pipe'],
      signal: one.signal,
      timeout: PATIENCE,
      windowsHide: true,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let size = 0;
    const take = (into: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_OUTPUT) child.kill();
      else into.push(chunk);
    };
    child.stdout.on('data', take(out));
    child.stderr.on('data', take(err));
    child.stdin.on('error', () => undefined);
    child.on('error', (error) =>
      reject(
        one.signal.aborted
          ? new BitError('cancelled', 'interrupted', { cause: error })
          : new BitError('missing-tool', `${one.formatter.name} could not be started`, { cause: error }),
      ),
    );
    child.on('close', (code) =>
      resolve({
        exitCode: code ?? 1,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
      }),
    );
    child.stdin.end(input);
  });
}
