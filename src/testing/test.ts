import { delimiter, join } from 'node:path';
import {
  baseOf,
  changedSince,
  type Elsewhere,
  listTree,
  OutputLog,
  openElsewhere,
  type WorkPlace,
} from '../build/index.ts';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { runTree, type TreeResult } from '../kernel/process-tree.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { addCounts, type Counts } from './counts.ts';
import { parseJunit, readReport } from './junit.ts';
import { OutputCounts } from './read.ts';
import { findSuites, givenSuite, quoted, type Suite, type TestKind } from './suites.ts';

export interface TestOptions {
  readonly kind: TestKind;
  /** Further words for the runner; for `custom` the command itself. */
  readonly words: readonly string[];
  /** Only suites in whose folder something changed since then. */
  readonly changed: boolean;
  readonly since: string | undefined;
  /** Seconds a suite may take. */
  readonly timeout: number | undefined;
  /** Stop at the first suite that fails. */
  readonly bail: boolean;
  /** Default here. */
  readonly on?: WorkPlace;
  /** Of what runs on a mesh; default none. */
  readonly network?: 'none' | 'host' | undefined;
}

export interface SuiteResult {
  readonly name: string;
  readonly command: string;
  readonly ok: boolean;
  readonly exitCode: number;
  /** `lost`: on a mesh it did not come to run. */
  readonly ended: TreeResult['ended'] | 'lost';
  readonly milliseconds: number;
  /** Id of the job of a mesh that ran it. */
  readonly job?: string;
  /** Undefined where its output is of no form that is known. */
  readonly counts?: Counts;
}

export interface TestResult {
  readonly kind: TestKind;
  readonly ok: boolean;
  readonly suites: readonly SuiteResult[];
  /** Suites in whose folder nothing changed. */
  readonly unchanged: readonly string[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
  /** Exit status: 0, 1 where tests failed, else the runner's own where it could not be read. */
  readonly exit: number;
  /** The output, whole up to a bound. */
  readonly log: string;
}

/** Finds the tests, runs them, shows what they say and counts. */
export async function runTests(reader: Reader, options: TestOptions): Promise<Effect<TestResult>> {
  const root = reader.git.paths.root;
  if (root === undefined) throw new BitError('unsupported', 'a bare repository has no tests to run');
  const { on = 'local', network } = options;
  if (network !== undefined && on !== 'mesh')
    throw new BitError('usage', '--network is for what runs on a mesh: --on mesh');
  const all = await suitesOf(reader, root, options);
  const suites = options.changed ? await changedSuites(reader, all, options.since) : all;
  const unchanged = all.filter((suite) => !suites.includes(suite)).map(({ name }) => name);
  return {
    summary: `run ${options.kind === 'all' ? 'all' : `the ${options.kind}`} tests`,
    target: {
      kind: options.kind,
      suites: suites.map(({ name }) => name).slice(0, 1000),
      ...(on === 'mesh' ? { on, network: network ?? 'none' } : {}),
    },
    plan: [
      ...suites.map(
        ({ command, directory }) =>
          `${on === 'mesh' ? 'on the mesh, run' : 'run'} ${shorten(maskSecrets(command), 300)}${directory === '' ? '' : ` in ${directory}`}`,
      ),
      ...unchanged.map((name) => `leave out ${name}: nothing changed in its folder`),
    ].map((line) => printable(line)),
    touches: { refs: [] },
    run: (writer) => runSuites(writer, { ...options, root, suites, unchanged }),
    record: ({ kind, passed, failed, skipped, failures, suites: ran }) => ({
      kind,
      passed,
      failed,
      skipped,
      failures: failures.slice(0, 50).map((name) => shorten(name, 200)),
      suites: ran.slice(0, 100).map(({ name, ok, exitCode, job }) => ({
        ...{ name, ok, exitCode },
        ...(job === undefined ? {} : { job }),
      })),
    }),
    failed: ({ ok, failed }) =>
      ok ? undefined : failed > 0 ? `${failed} tests failed` : 'the tests did not pass',
  };
}

async function suitesOf(reader: Reader, root: string, { kind, words }: TestOptions): Promise<Suite[]> {
  if (kind === 'custom' && words.length > 0) return [givenSuite('', words)];
  const found = findSuites(root, await listTree(reader.git), kind);
  const more = words.map(quoted).join(' ');
  return more === '' ? found : found.map((suite) => ({ ...suite, command: `${suite.command} ${more}` }));
}

async function changedSuites(
  reader: Reader,
  suites: readonly Suite[],
  since: string | undefined,
): Promise<Suite[]> {
  const base = await baseOf(reader, since);
  if (base === undefined) return [...suites];
  const paths = await changedSince(reader.git, base);
  return suites.filter(({ directory }) =>
    paths.some((path) => directory === '' || path.startsWith(`${directory}/`) || !path.includes('/')),
  );
}

interface Run extends TestOptions {
  readonly root: string;
  readonly suites: readonly Suite[];
  readonly unchanged: readonly string[];
}

async function runSuites(writer: Writer, run: Run): Promise<TestResult> {
  const ran = run.on === 'mesh' ? await sendSuites(writer, run) : await runHere(writer, run);
  const results = ran.map(({ result }) => result);
  const logs = ran.map(({ result, log }) => `$ ${result.command}\n${log}`);
  const log = join(writer.stateDirectory, 'tests', `${run.kind}.log`);
  writeFileAtomic(log, logs.join('\n'), { mode: 0o600 });
  const sum = addCounts(results.flatMap(({ counts }) => counts ?? []));
  const bad = results.find(({ ok }) => !ok);
  const counted = bad?.counts !== undefined && bad.counts.failed > 0;
  return {
    kind: run.kind,
    ok: bad === undefined,
    suites: results,
    unchanged: run.unchanged,
    passed: sum?.passed ?? 0,
    failed: sum?.failed ?? 0,
    skipped: sum?.skipped ?? 0,
    failures: sum?.failures ?? [],
    exit: bad === undefined ? 0 : counted || bad.exitCode === 0 ? 1 : bad.exitCode,
    log,
  };
}

interface Ran {
  readonly result: SuiteResult;
  readonly log: string;
}

async function runHere(writer: Writer, run: Run): Promise<readonly Ran[]> {
  const all: Ran[] = [];
  for (const suite of run.suites) {
    const ran = await runSuite(writer, run, suite);
    all.push(ran);
    if (writer.signal.aborted) throw new BitError('cancelled', 'interrupted; the tests were ended');
    if (run.bail && !ran.result.ok) break;
  }
  return all;
}

/** All at once, a job each; where the first that fails is to end it, one after another. */
async function sendSuites(writer: Writer, run: Run): Promise<readonly Ran[]> {
  const elsewhere = await openElsewhere(writer, run.network ?? 'none');
  try {
    if (!run.bail) return await Promise.all(run.suites.map((suite) => sent(writer, run, suite, elsewhere)));
    const all: Ran[] = [];
    for (const suite of run.suites) {
      const ran = await sent(writer, run, suite, elsewhere);
      all.push(ran);
      if (!ran.result.ok) break;
    }
    return all;
  } finally {
    await elsewhere.close();
  }
}

async function sent(writer: Writer, run: Run, suite: Suite, elsewhere: Elsewhere): Promise<Ran> {
  const { sendSuite } = await import('./send.ts');
  const prefix = run.suites.length === 1 ? '' : `${printable(suite.name)}: `;
  const command = maskSecrets(suite.command);
  writer.notice(`${prefix}$ ${printable(shorten(command, 500))}`);
  const result = await sendSuite(suite, {
    ...{ elsewhere, prefix, root: run.root, show: (line) => writer.notice(prefix + line) },
    timeoutMs: run.timeout === undefined ? suite.timeout : run.timeout * 1000,
  });
  const { log, ...rest } = result;
  return { result: { name: suite.name, command, ...rest }, log };
}

async function runSuite(writer: Writer, run: Run, suite: Suite): Promise<Ran> {
  const started = performance.now();
  const output = new OutputCounts();
  const log = new OutputLog(writer.notice, (line) => output.line(line));
  const report = suite.report === undefined ? undefined : join(run.root, suite.directory, suite.report);
  const before = report === undefined ? undefined : readReport(report);
  writer.notice(`$ ${printable(shorten(maskSecrets(suite.command), 500))}`);
  const [program, ...args] =
    process.platform === 'win32'
      ? ['cmd.exe', '/d', '/s', '/c', suite.command]
      : ['/bin/sh', '-c', suite.command];
  const tree = await runTree({
    program: program ?? '',
    args,
    cwd: join(run.root, suite.directory),
    env: environmentOf(writer, run.root, suite),
    signal: writer.signal,
    timeout: run.timeout === undefined ? suite.timeout : run.timeout * 1000,
    onOutput: log.take,
  });
  log.end();
  const fresh = report === undefined ? undefined : readReport(report);
  // one that is as it was may be an older run's
  const reported = fresh === undefined || fresh === before ? undefined : parseJunit(fresh);
  const counts = reported ?? output.counts;
  const ok = tree.exitCode === 0 && tree.ended === 'exit' && (counts?.failed ?? 0) === 0;
  return {
    result: {
      name: suite.name,
      command: maskSecrets(suite.command),
      ok,
      exitCode: tree.ended === 'timeout' ? 124 : tree.exitCode,
      ended: tree.ended,
      milliseconds: Math.round(performance.now() - started),
      ...(counts === undefined ? {} : { counts }),
    },
    log: log.text,
  };
}

function environmentOf(writer: Writer, root: string, suite: Suite): Record<string, string> {
  const given = Object.entries(writer.env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const env = Object.fromEntries(given);
  const path = [...suite.path.map((folder) => join(root, folder)), env['PATH'] ?? ''].filter(
    (part) => part !== '',
  );
  return { ...env, PATH: path.join(delimiter), BIT_OPERATION: writer.operation };
}
