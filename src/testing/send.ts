import { type Came, type Elsewhere, readBuildSettings } from '../build/index.ts';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import type { Counts } from './counts.ts';
import type { Suite } from './suites.ts';
import type { SuiteResult } from './test.ts';
import { toldSuite } from './work.ts';

export interface SendOptions {
  readonly elsewhere: Elsewhere;
  readonly root: string;
  readonly prefix: string;
  readonly timeoutMs: number | undefined;
  readonly show: (line: string) => void;
}

const MOST_FAILURES = 1000;
const TIMED_OUT = 124;

/** Has a suite run on another machine. */
export async function sendSuite(
  suite: Suite,
  { elsewhere, root, prefix, timeoutMs, show }: SendOptions,
): Promise<Omit<SuiteResult, 'name' | 'command'> & { readonly log: string }> {
  const started = performance.now();
  const came = await elsewhere.run({
    ...{ source: 'test', name: suite.name, about: toldSuite(suite), env: {}, prefix, timeoutMs, show },
    prepare: readBuildSettings(root).prepare,
    needs: new Map(),
  });
  const { ended, why, job, log } = came;
  if (ended === 'lost') show(`it did not run: ${why ?? ''}`);
  const counts = countsOf(came);
  const exitCode = ended === 'timeout' ? TIMED_OUT : came.exitCode;
  return {
    ok: ended === 'exit' && exitCode === 0 && (counts?.failed ?? 0) === 0,
    exitCode,
    ended,
    milliseconds: Math.round(performance.now() - started),
    ...(counts === undefined ? {} : { counts }),
    ...(job === undefined ? {} : { job }),
    log: ended === 'lost' ? `${log.text}${why ?? ''}\n` : log.text,
  };
}

/** @throws BitError `integrity` for counts that are none */
function countsOf({ report }: Came): Counts | undefined {
  const told = report?.['counts'];
  if (told === undefined) return undefined;
  const number = (value: Json | undefined): value is number =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  if (isJsonObject(told)) {
    const { passed, failed, skipped, failures, form } = told;
    const whole = number(passed) && number(failed) && number(skipped) && typeof form === 'string';
    if (whole && Array.isArray(failures) && failures.every((one) => typeof one === 'string')) {
      const names = (failures as readonly string[]).slice(0, MOST_FAILURES).map((name) => name.slice(0, 500));
      return { passed, failed, skipped, failures: names, form: form.slice(0, 200) };
    }
  }
  throw new BitError('integrity', 'what the mesh tells of tests is no count of any');
}
